import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Tracks connections without any request so far, such as those that browsers open in advance. Returns a function that closes them.
 * Node.js counts them as active until `headersTimeout`, so `closeIdleConnections` leaves them open.
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
