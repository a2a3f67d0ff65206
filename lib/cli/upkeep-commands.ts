import type { Command } from 'commander';
import { example, openVisitor, outOf, withCore } from './command.ts';

/** `parley serve`, `config`, `seed`, `doctor`, `audit`. */
export function upkeepCommands(program: Command): void {
  const serve = program
    .command('serve')
    .description('run the server until it is stopped')
    .option('--dev', 'development mode: templates are reread, open pages reload after a restart')
    .action(async ({ dev }: { dev?: true }) => (await import('./serve.ts')).serveHere(dev === true));
  example(serve, 'PORT=8080 DATA_DIR=/srv/parley parley serve');
  const config = program
    .command('config')
    .description('print every setting as it is in effect and where it comes from, without secrets')
    .action(async (_options: object, command: Command) => (await import('./settings.ts')).printSettings(outOf(command)));
  example(config, 'parley config', 'PORT=8080 parley config --json');
  const seed = program
    .command('seed')
    .description('fill an empty chat with demo people, groups and a week of messages')
    .option('--force', 'run even if there are other accounts')
    .option('--password-stdin', 'read the password of the demo accounts from standard input (default: generate and print one)')
    .action(async (options: { force?: true; passwordStdin?: true }, command: Command) =>
      (await import('./seed/seed.ts')).seed(outOf(command), (now) => openVisitor({ now, isJson: outOf(command).json }), options),
    );
  example(seed, 'DATA_DIR=/tmp/demo parley seed && DATA_DIR=/tmp/demo parley serve');
  const doctor = program
    .command('doctor')
    .description('check the settings, the store, the bus and the server, and say how to fix problems')
    .option('--live', 'also post a message to the running server, in a group of its own, and time each hop')
    .action(async ({ live }: { live?: true }, command: Command) =>
      (await import('./doctor/doctor.ts')).doctor(outOf(command), live === true),
    );
  example(doctor, 'parley doctor', 'parley doctor --live --json');
  const audit = program
    .command('audit')
    .description('print the audit log: what administrators and the command line have done, oldest first')
    .action(withCore(async (session) => (await import('./upkeep/audit.ts')).printAudit(session)));
  example(audit, 'parley audit', 'parley audit --json > audit.jsonl');
}
