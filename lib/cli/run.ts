import { type Command, CommanderError } from 'commander';
import { failureOf } from './failure.ts';
import { createProgram } from './program.ts';

/**
 * Runs one command line. Resolves to the exit status once all output is written: 0 success, 1 refused or failed, 2 wrong usage. The reason goes to
 * standard error: `parley: …`, or with --json an object with `error`, `code` and, if one field caused it, `field`.
 */
export async function run(args: readonly string[]): Promise<number> {
  // The reader of the output may exit early (`| head`); the command is completed anyway.
  process.stdout.on('error', () => {});
  const isJson = asksForJson(args);
  let running: Command | undefined;
  const status = await createProgram(isJson)
    .hook('preAction', (_, command) => {
      running = command;
    })
    .parseAsync(args, { from: 'user' })
    .then(
      () => 0,
      (error: unknown) => explain(error, running, isJson),
    );
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  return status;
}

/** Looks at the raw arguments, because a command line that cannot be parsed has no options. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes('--json');
}

function explain(error: unknown, running: Command | undefined, isJson: boolean): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // help, or the version
  const { status, code, message, field } = failureOf(error, running);
  const isHelp = error instanceof CommanderError && error.code === 'commander.help';
  if (isJson) process.stderr.write(`${JSON.stringify({ error: message, code, ...(field === undefined ? {} : { field }) })}\n`);
  else if (!isHelp) process.stderr.write(`parley: ${message}\n`); // commander has printed the help
  return status;
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => void stream.write('', () => resolve()));
