import { readConfig } from '../config.ts';
import { serve } from '../server.ts';

/** Serves with the settings of the environment. Standard output has only the log; lines for people go to standard error. Rejects if the server cannot start or did not stop cleanly. */
export async function serveHere(isDev: boolean): Promise<void> {
  const config = readConfig();
  const status = await serve(config, { isDev, print: (line) => void process.stderr.write(`${line}\n`) }).catch((error) => {
    if (!isTaken(error)) throw error;
    if (config.listen !== undefined)
      throw new Error(`${config.listen} is already in use. Stop the other program, or set LISTEN to another path.`);
    throw new Error(`Port ${config.port} on ${config.host} is already in use. Stop the other program, or set PORT to another port.`);
  });
  if (status !== 0) throw new Error('The server did not stop cleanly.');
}

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
