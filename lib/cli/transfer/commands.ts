import { type Command, Option } from 'commander';
import { example, withCore } from '../command.ts';
import type { ExportChoice } from './export.ts';
import type { ImportChoice } from './import.ts';

/** `parley export` and `parley import`. */
export function transferCommands(program: Command): void {
  exportCommand(program);
  importCommand(program);
}

function exportCommand(program: Command): void {
  const command = program
    .command('export')
    .argument('[group]')
    .description('write the messages of a group, or of a person, to a folder or file that needs no server')
    .option('--user <name>', 'what this person wrote, in all groups and in direct messages')
    .addOption(new Option('--format <format>', 'how').choices(['html', 'json', 'text']).makeOptionMandatory())
    .option('-o, --out <path>', "the folder (html, json) or file (text) to write; '-': standard output (text, and json without files)")
    .action(
      withCore(async (session, group: string | undefined, choice: ExportChoice) =>
        (await import('./export.ts')).exportMessages(session, group, choice),
      ),
    );
  example(
    command,
    'parley export operations --format html',
    'parley export operations --format text -o - | less',
    'parley export --user ann --format json -o /srv/ann',
  );
}

/** As FORMATS in lib/import/source.ts, which is not loaded for --help. */
const PROGRAMS = ['parley', 'slack', 'mattermost', 'campfire', 'rocketchat', 'zulip', 'discord', 'irc'];

function importCommand(program: Command): void {
  const command = program
    .command('import')
    .argument('<source>', 'an export: a file, an archive or a folder')
    .description('add the people, groups and messages that another program exported, beside a running server')
    .addOption(new Option('--from <program>', 'what has written it; found out if it is not given').choices(PROGRAMS))
    .option('--dry-run', 'write nothing, and list what is understood and what is not')
    .option('--map <file>', 'JSON: who in the source is who in Parley, by name, login, e-mail address or id')
    .option('--match-names', 'people with the names of existing accounts are the same people')
    .option('--channel <name...>', 'only these channels')
    .option('--no-direct', 'leave out direct messages')
    .option('--name <name>', 'distinguishes several workspaces of one program; the same name continues an import')
    .option('--time-zone <zone>', 'of times without a zone (IRC logs)', 'UTC')
    .action(
      withCore(async (session, source: string, choice: ImportChoice) => (await import('./import.ts')).importFrom(session, source, choice)),
    );
  example(
    command,
    'parley import slack-export.zip --dry-run',
    'parley import slack-export.zip --map people.json',
    'parley import ~/irclogs/libera --time-zone Europe/Berlin',
  );
}
