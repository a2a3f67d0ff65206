import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps account of connections over which nothing was ever asked: browsers open some in advance. Returns what closes those that there are.
 * Node.js takes them for busy until `headersTimeout`, so that `closeIdleConnections` leaves them open.
 */
export function trackIdleSockets(http: Server): () => void {
  const unused = new Set<Socket>();
  http.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  http.on('request', ({ socket }) => unused.delete(socket));
  return () => {
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
  };
}
