import type { Command } from 'commander';
import { example, withCore } from './command.ts';

const users = () => import('./users.ts');

/** `parley user …`, `parley token …` and `parley invite …`. */
export function userCommands(program: Command): void {
  const user = program.command('user').description('people: accounts, passwords, administrators').helpCommand(false);
  example(user, 'parley user create ann');
  const create = user
    .command('create')
    .argument('<name>', 'as shown to others, 1 to 32 characters')
    .description('create an account; the first one becomes administrator and member of Lobby')
    .option('--admin', 'make an administrator')
    .action(
      withCore(async (session, name: string, options: { admin?: true }) => (await users()).create(session, name, options), {
        mustExist: false,
      }),
    );
  example(create, 'parley user create ann          asks for the password', 'parley user create bob < password.txt');
  const list = user
    .command('list')
    .description('list people')
    .action(withCore(async (session) => (await import('./lists.ts')).listPeople(session)));
  example(list, 'parley user list --json');
  passwordCommand(user);
  rightsCommands(user);
  tokenCommands(program);
  inviteCommands(program);
}

function passwordCommand(user: Command): void {
  const passwd = user
    .command('passwd')
    .argument('<name>')
    .description('set a new password, from a prompt or standard input; ends all sessions and API tokens of that person')
    .action(withCore(async (session, name: string) => (await users()).passwd(session, name)));
  example(passwd, 'parley user passwd ann');
  const link = user
    .command('reset-link')
    .argument('<name>')
    .description('print a link by which the person chooses a new password, once, within 24 hours')
    .action(withCore(async (session, name: string) => (await users()).resetLinkFor(session, name)));
  example(link, 'parley user reset-link ann');
}

function rightsCommands(user: Command): void {
  const admin = user
    .command('admin')
    .argument('<name>')
    .description('make a person an administrator')
    .option('--off', 'revoke the role')
    .action(withCore(async (session, name: string, { off }: { off?: true }) => (await users()).admin(session, name, !off)));
  example(admin, 'parley user admin bob', 'parley user admin bob --off');
  const factor = user
    .command('second-factor')
    .argument('<name>')
    .description('print the second factor of a person')
    .option('--off', 'remove it, with its recovery codes, for a person who has lost it')
    .action(withCore(async (session, name: string, { off }: { off?: true }) => (await users()).secondFactor(session, name, off === true)));
  example(factor, 'parley user second-factor bob', 'parley user second-factor bob --off');
  const disable = user
    .command('disable')
    .argument('<name>')
    .description('disable an account: log-in and tokens stop working, open pages close; messages stay')
    .action(withCore(async (session, name: string) => (await users()).disable(session, name, true)));
  example(disable, 'parley user disable eve');
  const enable = user
    .command('enable')
    .argument('<name>')
    .description('enable an account again')
    .action(withCore(async (session, name: string) => (await users()).disable(session, name, false)));
  example(enable, 'parley user enable eve');
}

function tokenCommands(program: Command): void {
  const token = program.command('token').description('API tokens of people').helpCommand(false);
  example(token, 'parley token create ann');
  const create = token
    .command('create')
    .argument('<name>', 'the person that the token belongs to')
    .description('create a bearer token for the API; it is shown once')
    .action(withCore(async (session, name: string) => (await users()).token(session, name)));
  example(create, 'TOKEN=$(parley token create ann)', 'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:3000/groups/lobby/messages');
}

function inviteCommands(program: Command): void {
  const invite = program.command('invite').description('the invitation code of this server (SIGNUP=code)').helpCommand(false);
  example(invite, 'SIGNUP=code parley invite code');
  const code = invite
    .command('code')
    .description('print the code that new people need to sign up')
    .option('--new', 'replace the code; the old one stops working at once')
    .action(withCore(async (session, { new: isNew }: { new?: true }) => (await users()).invite(session, isNew === true)));
  example(code, 'SIGNUP=code parley invite code', 'SIGNUP=code parley invite code --new');
}
