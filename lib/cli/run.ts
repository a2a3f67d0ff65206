import type { Command } from 'commander';

/**
 * Runs one command line. Resolves to the exit status once all output is written: 0 success, 1 refused or failed, 2 wrong usage. The reason goes to
 * standard error: `parley: …`, or with --json an object with `error`, `code` and, if one field caused it, `field`.
 */
export async function run(args: readonly string[]): Promise<number> {
  // The reader of the output may exit early (`| head`); the command is completed anyway.
  process.stdout.on('error', () => {});
  const isJson = asksForJson(args);
  let running: Command | undefined;
  const work = isPlainServe(args) ? serve(args) : runCommand(args, isJson, (command) => (running = command));
  const status = await work.then(
    () => 0,
    (error: unknown) => explain(error, running, isJson),
  );
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  return status;
}

/** `parley serve` and `parley serve --dev`. A server is restarted while clients wait, so it does not load the parser of command lines. */
const isPlainServe = ([command, ...options]: readonly string[]): boolean =>
  command === 'serve' && options.every((option) => option === '--dev');

async function serve(args: readonly string[]): Promise<void> {
  const { serveHere } = await import('./serve.ts');
  await serveHere(args.includes('--dev'));
}

async function runCommand(args: readonly string[], isJson: boolean, onRunning: (command: Command) => void): Promise<void> {
  const { createProgram } = await import('./program.ts');
  const program = await createProgram(args, isJson);
  await program.hook('preAction', (_, command) => onRunning(command)).parseAsync(args, { from: 'user' });
}

/** Looks at the raw arguments, because a command line that cannot be parsed has no options. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes('--json');
}

async function explain(error: unknown, running: Command | undefined, isJson: boolean): Promise<number> {
  const { failureOf, isUsageError } = await import('./failure.ts');
  const usage = isUsageError(error) ? error : undefined;
  if (usage?.exitCode === 0) return 0; // help, or the version
  const { status, code, message, field } = failureOf(error, running);
  const isHelp = usage?.code === 'commander.help';
  if (isJson) process.stderr.write(`${JSON.stringify({ error: message, code, ...(field === undefined ? {} : { field }) })}\n`);
  else if (!isHelp) process.stderr.write(`parley: ${message}\n`); // commander has printed the help
  return status;
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => void stream.write('', () => resolve()));
