import type { Command } from 'commander';
import { example, withCore } from '../command.ts';

const clients = () => import('./clients.ts');

/** `parley oauth client add`, `list`, `remove`. */
export function oauthCommands(program: Command): void {
  const oauth = program.command('oauth').description('programs that people may connect with their accounts').helpCommand(false);
  example(oauth, 'parley oauth client list');
  const client = oauth.command('client').description('the programs: OAuth clients').helpCommand(false);
  example(client, 'parley oauth client add Claude --redirect https://claude.ai/api/mcp/auth_callback');
  const add = client
    .command('add')
    .argument('<name>')
    .description('add a program that people may connect; prints its client id')
    .requiredOption('--redirect <uri...>', 'where it may be answered: https, http on the same machine (any port), or the scheme of an app')
    .option('--secret', 'give it a client secret, which is shown once')
    .action(
      withCore(async (session, name: string, options: { redirect: string[]; secret?: true }) =>
        (await clients()).add(session, name, options),
      ),
    );
  example(
    add,
    'parley oauth client add Claude --redirect https://claude.ai/api/mcp/auth_callback',
    'parley oauth client add Editor --redirect http://127.0.0.1/callback --redirect https://editor.example/callback --secret',
  );
  const list = client
    .command('list')
    .description('list the programs that were added')
    .action(withCore(async (session) => (await clients()).list(session)));
  example(list, 'parley oauth client list');
  const remove = client
    .command('remove')
    .argument('<id>')
    .description('remove a program, and disconnect it from everybody')
    .action(withCore(async (session, id: string) => (await clients()).remove(session, id)));
  example(remove, 'parley oauth client remove CLIENT_ID');
}
