import { once } from 'node:events';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';

/** Its owner and group may connect: the proxy is in the group. */
const MODE = 0o660;

/** Removes a socket that a killed server has left. Throws a plain Error, one sentence for the operator, when a program listens there or it is no socket. */
export async function removeLeftSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} (LISTEN) exists and is not a socket: remove it, or choose another path.`);
  if (await answers(path)) throw new Error(`Another program listens on ${path}. Stop it, or set LISTEN to another path.`);
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') throw error;
    return false;
  } finally {
    socket.destroy();
  }
}

/** Lets the group of the socket connect to it, whatever the umask. */
export const admitGroup = (path: string): void => chmodSync(path, MODE);
