import type { Command } from 'commander';
import { example, withCore } from './command.ts';
import type { CodeOptions } from './groups.ts';

const groups = () => import('./groups.ts');
const members = () => import('./members.ts');

/** `parley group …` */
export function groupCommands(program: Command): void {
  const group = program.command('group').description('groups and who is in them; GROUP is the last part of its address').helpCommand(false);
  example(group, 'parley group create "Field team"', 'parley group add field-team ann --moderator');
  makingCommands(group);
  memberCommands(group);
  changingCommands(group);
}

function makingCommands(group: Command): void {
  const create = group
    .command('create')
    .argument('<name>')
    .description("make a group; it has no members until 'group add' puts them in, or they join with its code")
    .option('--open', 'let everybody join without a code')
    .action(
      withCore(async (session, name: string, { open }: { open?: true }) => (await groups()).create(session, name, open === true), {
        mustExist: false,
      }),
    );
  example(create, 'parley group create "Field team"', 'parley group create Announcements --open');
  const list = group
    .command('list')
    .description('list groups')
    .action(withCore(async (session) => (await groups()).list(session)));
  example(list, 'parley group list --json');
}

function memberCommands(group: Command): void {
  const add = group
    .command('add')
    .arguments('<group> <name>')
    .description('add a person or bot')
    .option('--moderator', 'make a moderator of this group')
    .action(
      withCore(async (session, slug: string, name: string, { moderator }: { moderator?: true }) =>
        (await members()).add(session, slug, name, moderator === true),
      ),
    );
  example(add, 'parley group add field-team bob', 'parley group add field-team ann --moderator');
  const remove = group
    .command('remove')
    .arguments('<group> <name>')
    .description('remove a person or bot; open pages of this group close')
    .action(withCore(async (session, slug: string, name: string) => (await members()).remove(session, slug, name)));
  example(remove, 'parley group remove field-team bob');
  const list = group
    .command('members')
    .argument('<group>')
    .description('list who is in a group')
    .action(withCore(async (session, slug: string) => (await members()).list(session, slug)));
  example(list, 'parley group members field-team');
}

function changingCommands(group: Command): void {
  const rename = group
    .command('rename')
    .arguments('<group> <name>')
    .description('give a group a new name and address; the old address keeps leading there')
    .action(withCore(async (session, slug: string, name: string) => (await groups()).rename(session, slug, name)));
  example(rename, 'parley group rename field-team "Field and lab"');
  const archive = group
    .command('archive')
    .argument('<group>')
    .description('make a group read-only')
    .option('--off', 'bring it back')
    .action(withCore(async (session, slug: string, { off }: { off?: true }) => (await groups()).archive(session, slug, !off)));
  example(archive, 'parley group archive field-team', 'parley group archive field-team --off');
  const code = group
    .command('code')
    .argument('<group>')
    .description('print the code with which people join')
    .option('--new', 'replace it; the old one is dead at once')
    .option('--expires <time>', 'for how long it holds from now: 1h, 7d, …, or never')
    .option('--uses <count>', 'how many it lets in, or unlimited')
    .action(withCore(async (session, slug: string, options: CodeOptions) => (await groups()).code(session, slug, options)));
  example(code, 'parley group code field-team', 'parley group code field-team --new --expires 7d --uses 10');
}
