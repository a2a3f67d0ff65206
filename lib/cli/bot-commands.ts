import type { Command } from 'commander';
import { example, withCore } from './command.ts';
import { webhookCommands } from './webhook-commands.ts';

const bots = () => import('./bots.ts');

/** `parley bot …` */
export function botCommands(program: Command): void {
  const bot = program.command('bot').description('bots: what they post with').helpCommand(false);
  example(bot, 'parley bot create Deploys --group field-team');
  const create = bot
    .command('create')
    .argument('<name>')
    .description('make a bot with an incoming webhook and a bearer token; both are shown once')
    .requiredOption('--group <group>', 'the group it posts into')
    .option('--secret', 'take only what is signed with a secret, shown once')
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
    .description('give a bot a new webhook and token; the old ones are dead at once')
    .option('--overlap', 'let the old ones work for 24 hours more')
    .action(withCore(async (session, name: string, options: { overlap?: true }) => (await bots()).rotate(session, name, options)));
  example(rotate, 'parley bot rotate Deploys');
  const secret = bot
    .command('secret')
    .argument('<name>')
    .description('make another secret that what is posted to the webhook has to be signed with; the one before still holds')
    .option('--stdin', 'take the secrets from standard input instead, one a line, the newest first')
    .option('--off', 'what is posted need not be signed')
    .action(
      withCore(async (session, name: string, options: { stdin?: true; off?: true }) => (await bots()).secret(session, name, options)),
    );
  example(secret, 'parley bot secret Deploys', 'parley bot secret Deploys --stdin < github-secret.txt');
  webhookCommands(bot);
  const revoke = bot
    .command('revoke')
    .argument('<name>')
    .description('end a bot: nothing it was given works any more; what it said stays')
    .action(withCore(async (session, name: string) => (await bots()).revoke(session, name)));
  example(revoke, 'parley bot revoke Deploys');
}
