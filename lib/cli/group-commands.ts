import type { Command } from 'commander';
import { example, withCore } from './command.ts';
import type { CodeOptions } from './groups.ts';
import { keepingCommands } from './upkeep/storage-commands.ts';

const groups = () => import('./groups.ts');
const lists = () => import('./lists.ts');
const removal = () => import('./group-removal.ts');
const members = () => import('./members.ts');

/** `parley group …` */
export function groupCommands(program: Command): void {
  const group = program
    .command('group')
    .description("groups and their members; <group> is the last part of a group's URL")
    .helpCommand(false);
  example(group, 'parley group create "Field team"', 'parley group add field-team ann --moderator');
  makingCommands(group);
  memberCommands(group);
  changingCommands(group);
  keepingCommands(group);
}

function makingCommands(group: Command): void {
  const create = group
    .command('create')
    .argument('<name>')
    .description("create a group without members; add them with 'group add', or let them join with the code")
    .option('--open', 'let everyone join without a code')
    .action(
      withCore(async (session, name: string, { open }: { open?: true }) => (await groups()).create(session, name, open === true), {
        mustExist: false,
      }),
    );
  example(create, 'parley group create "Field team"', 'parley group create Announcements --open');
  const list = group
    .command('list')
    .description('list groups')
    .action(withCore(async (session) => (await lists()).listGroups(session)));
  example(list, 'parley group list --json');
}

function memberCommands(group: Command): void {
  const add = group
    .command('add')
    .arguments('<group> <name>')
    .description('add a person or bot')
    .option('--moderator', 'make this member a moderator')
    .action(
      withCore(async (session, slug: string, name: string, { moderator }: { moderator?: true }) =>
        (await members()).add(session, slug, name, moderator === true),
      ),
    );
  example(add, 'parley group add field-team bob', 'parley group add field-team ann --moderator');
  const remove = group
    .command('remove')
    .arguments('<group> <name>')
    .description('remove a person or bot and close their open pages of the group')
    .action(withCore(async (session, slug: string, name: string) => (await members()).remove(session, slug, name)));
  example(remove, 'parley group remove field-team bob');
  const list = group
    .command('members')
    .argument('<group>')
    .description('list the members of a group')
    .action(withCore(async (session, slug: string) => (await members()).list(session, slug)));
  example(list, 'parley group members field-team');
}

function changingCommands(group: Command): void {
  const rename = group
    .command('rename')
    .arguments('<group> <name>')
    .description('change the name and URL of a group; the old URL redirects')
    .action(withCore(async (session, slug: string, name: string) => (await groups()).rename(session, slug, name)));
  example(rename, 'parley group rename field-team "Field and lab"');
  const archive = group
    .command('archive')
    .argument('<group>')
    .description('make a group read-only')
    .option('--off', 'unarchive it')
    .action(withCore(async (session, slug: string, { off }: { off?: true }) => (await groups()).archive(session, slug, !off)));
  example(archive, 'parley group archive field-team', 'parley group archive field-team --off');
  const transfer = group
    .command('transfer')
    .arguments('<group> <name>')
    .description('hand a group over: make somebody its only moderator')
    .action(withCore(async (session, slug: string, name: string) => (await removal()).transfer(session, slug, name)));
  example(transfer, 'parley group transfer field-team ann');
  const remove = group
    .command('delete')
    .argument('<group>')
    .description('delete a group with its messages, files, bots and webhooks, for good; without --yes only say what would be lost')
    .option('--yes', 'delete it')
    .action(withCore(async (session, slug: string, { yes }: { yes?: true }) => (await removal()).remove(session, slug, yes === true)));
  example(remove, 'parley group delete field-team', 'parley group delete field-team --yes');
  const code = group
    .command('code')
    .argument('<group>')
    .description('print the join code')
    .option('--new', 'replace the code; the old one stops working at once')
    .option('--expires <time>', 'how long the code is valid from now: 1h, 7d, …, or never')
    .option('--uses <count>', 'how many people may use it, or unlimited')
    .action(withCore(async (session, slug: string, options: CodeOptions) => (await groups()).code(session, slug, options)));
  example(code, 'parley group code field-team', 'parley group code field-team --new --expires 7d --uses 10');
}
