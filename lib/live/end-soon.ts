import type { Socket } from 'node:net';

/** How long a client may take to read the rest once its stream has ended. */
const LINGER_MS = 5000;

/** Destroys the socket once everything is written, at the latest after LINGER_MS. */
export function endSoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer)).destroySoon();
}
