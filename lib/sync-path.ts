import { open } from 'node:fs/promises';

/** Makes a file's content, or the names in a folder, durable: fsync(2). Rejects with the error of the operating system. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}
