import type { Command } from 'commander';
import { example, withCore } from './command.ts';
import { webhookCommands } from './webhook-commands.ts';

const bots = () => import('./bots.ts');

/** `parley bot …` */
export function botCommands(program: Command): void {
  const bot = program.command('bot').description('bots: accounts, tokens and webhooks').helpCommand(false);
  example(bot, 'parley bot create Deploys --group field-team');
  const create = bot
    .command('create')
    .argument('<name>')
    .description('create a bot with an incoming webhook and a bearer token; both are shown once')
    .requiredOption('--group <group>', 'the group that it posts to')
    .option('--secret', 'accept only signed webhook requests; the secret is shown once')
    .action(
      withCore(async (session, name: string, options: { group: string; secret?: true }) => (await bots()).create(session, name, options)),
    );
  example(create, 'parley bot create Deploys --group field-team', 'curl -d "It is live" http://127.0.0.1:3000/hooks/TOKEN');
  const list = bot
    .command('list')
    .description('list bots')
    .action(withCore(async (session) => (await bots()).list(session)));
  example(list, 'parley bot list');
  const rotate = bot
    .command('rotate')
    .argument('<name>')
    .description('replace the webhook and token of a bot; the old ones stop working at once')
    .option('--overlap', 'keep the old ones valid for 24 hours')
    .action(withCore(async (session, name: string, options: { overlap?: true }) => (await bots()).rotate(session, name, options)));
  example(rotate, 'parley bot rotate Deploys');
  const secret = bot
    .command('secret')
    .argument('<name>')
    .description('add a secret with which webhook requests must be signed; the previous one stays valid')
    .option('--stdin', 'read the secrets from standard input instead, one per line, newest first')
    .option('--off', 'accept unsigned requests')
    .action(
      withCore(async (session, name: string, options: { stdin?: true; off?: true }) => (await bots()).secret(session, name, options)),
    );
  example(secret, 'parley bot secret Deploys', 'parley bot secret Deploys --stdin < github-secret.txt');
  webhookCommands(bot);
  const revoke = bot
    .command('revoke')
    .argument('<name>')
    .description('remove a bot: its tokens and webhooks stop working; its messages stay')
    .action(withCore(async (session, name: string) => (await bots()).revoke(session, name)));
  example(revoke, 'parley bot revoke Deploys');
}
