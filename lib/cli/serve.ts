import { readConfig } from '../config.ts';
import { serve } from '../server.ts';

/** Serves with the settings of the environment. Standard output is the log alone: lines for people go to standard error. Rejects when the server cannot start or did not stop well. */
export async function serveHere(isDev: boolean): Promise<void> {
  const config = readConfig();
  const status = await serve(config, { isDev, say: (line) => void process.stderr.write(`${line}\n`) }).catch((error) => {
    if (!isTaken(error)) throw error;
    throw new Error(`Something is listening on ${config.host} port ${config.port} already. Stop it, or set PORT to another.`);
  });
  if (status !== 0) throw new Error('The server did not stop well.');
}

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
