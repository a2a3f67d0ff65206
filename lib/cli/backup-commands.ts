import type { Command } from 'commander';
import { example, outOf } from './command.ts';

/** `parley backup`, `verify`, `restore`, `migrate`. */
export function backupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .argument('<path>', 'the file to write, or a folder, in which the file is named after the time')
    .option('--since <file>', 'write only what is newer than this backup')
    .description('copy everything, files included, to one file, while a server runs')
    .action(async (path: string, options: { since?: string }, command: Command) =>
      (await import('./backups.ts')).backup(outOf(command), path, options),
    );
  example(backup, 'parley backup /srv/backups', 'parley backup /srv/backups/tuesday.tar --since /srv/backups/monday.tar');
  const verify = program
    .command('verify')
    .argument('<files...>', 'backups')
    .description('read backups to their end and check every hash, count and log')
    .action(async (files: string[], _options: object, command: Command) => (await import('./backups.ts')).verify(outOf(command), files));
  example(verify, 'parley verify /srv/backups/monday.tar');
  const restore = program
    .command('restore')
    .argument('<files...>', 'a backup, and the incremental backups that continue it, oldest first')
    .description('fill an empty database from backups, on SQLite or MongoDB; no server may be running on it')
    .action(async (files: string[], _options: object, command: Command) => (await import('./backups.ts')).restore(outOf(command), files));
  example(
    restore,
    'DATA_DIR=/srv/parley parley restore monday.tar tuesday.tar',
    'MONGODB_URL=mongodb://db/parley parley restore monday.tar',
  );
  const migrate = program
    .command('migrate')
    .option('--check', 'change nothing: say what would be done, and about how long it would take')
    .description('bring the database to the schema of this version; a start of the server does that too')
    .action(async ({ check }: { check?: true }, command: Command) =>
      (await import('./upkeep/migrate.ts')).migrate(outOf(command), check === true),
    );
  example(migrate, 'parley migrate --check', 'parley migrate --json');
}
