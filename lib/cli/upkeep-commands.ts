import type { Command } from 'commander';
import { example, openVisitor, outOf } from './command.ts';

/** `parley serve`, `seed`, `doctor`. */
export function upkeepCommands(program: Command): void {
  const serve = program
    .command('serve')
    .description('run the server until it is told to stop')
    .option('--dev', 'for developing: templates are read anew, open pages follow a restart')
    .action(async ({ dev }: { dev?: true }) => (await import('./serve.ts')).serveHere(dev === true));
  example(serve, 'PORT=8080 DATA_DIR=/srv/parley parley serve');
  const seed = program
    .command('seed')
    .description('fill an empty chat with people, groups and a week of messages to try it with')
    .option('--force', 'do it even though there are accounts already')
    .option('--password-stdin', 'take the password of the people it makes from standard input (default: one is made up and printed)')
    .action(async (options: { force?: true; passwordStdin?: true }, command: Command) =>
      (await import('./seed/seed.ts')).seed(outOf(command), (now) => openVisitor({ now, isJson: outOf(command).json }), options),
    );
  example(seed, 'DATA_DIR=/tmp/demo parley seed && DATA_DIR=/tmp/demo parley serve');
  const doctor = program
    .command('doctor')
    .description('check the settings, the store, the bus and the server, and say how to mend what is wrong')
    .option('--live', 'a server must be running: post a message to it, in a group of its own, and time each hop')
    .action(async ({ live }: { live?: true }, command: Command) =>
      (await import('./doctor/doctor.ts')).doctor(outOf(command), live === true),
    );
  example(doctor, 'parley doctor', 'parley doctor --live --json');
}
