import type { Command } from 'commander';
import { example, withCore } from '../command.ts';
import type { EraseOptions } from './erase.ts';

/** `parley storage`, `erase`. */
export function storageCommands(program: Command): void {
  const storage = program
    .command('storage')
    .description('print what the database and the files take, and whose files take most')
    .action(withCore(async (session) => (await import('./storage.ts')).storage(session)));
  example(storage, 'parley storage', 'parley storage --json');
  const erase = program
    .command('erase')
    .description('erase the messages that meet all conditions, with their files, for good; without --yes only count them')
    .option('--group <group>', 'only in this group (default: everywhere, direct messages too)')
    .option('--author <name>', 'by this person or bot')
    .option('--from <number>', 'from this message of the group on')
    .option('--to <number>', 'up to this message of the group')
    .option('--after <time>', 'from this day (UTC) or time on')
    .option('--before <time>', 'before this day or time')
    .option('--words <text>', 'with these words, also before an edit')
    .option('--yes', 'erase them')
    .action(withCore(async (session, options: EraseOptions) => (await import('./erase.ts')).erase(session, options)));
  example(erase, 'parley erase --author mallory --after 2026-11-01', 'parley erase --group field-team --from 40 --to 52 --yes');
}

/** `parley group retention`, `hold`. */
export function keepingCommands(group: Command): void {
  const retention = group
    .command('retention')
    .argument('<group>')
    .argument('[days]', "a number of days, 'forever', or 'site'")
    .description('show or set after how many days messages are erased')
    .action(
      withCore(async (session, slug: string, days: string | undefined) => (await import('./erase.ts')).retention(session, slug, days)),
    );
  example(retention, 'parley group retention field-team 90', 'parley group retention field-team site');
  const hold = group
    .command('hold')
    .argument('<group>')
    .description('put a group on legal hold: nothing in it is erased or removed')
    .option('--off', 'lift the hold')
    .action(
      withCore(async (session, slug: string, { off }: { off?: true }) => (await import('./erase.ts')).hold(session, slug, off !== true)),
    );
  example(hold, 'parley group hold field-team', 'parley group hold field-team --off');
}
