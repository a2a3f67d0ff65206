import { CommanderError } from 'commander';
import { createProgram } from './program.ts';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/** Runs one command line. Resolves to the exit status once all output is out: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  // Whoever reads our output may leave early (`| head`); what was asked for is done all the same.
  process.stdout.on('error', () => {});
  const status = await createProgram()
    .parseAsync(args, { from: 'user' })
    .then(() => DONE, explain);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  return status;
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE; // commander has said what is wrong
  process.stderr.write(`parley: ${reasonOf(error)}\n`);
  return FAILED;
}

/** One line; of a mistake in the program itself also where it is. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isBug ? (error.stack ?? error.message) : error.message;
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => void stream.write('', () => resolve()));
