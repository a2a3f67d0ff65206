import type { Command } from 'commander';
import { example, withCore } from './command.ts';

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
    .action(withCore(async (session, name: string, { group }: { group: string }) => (await bots()).create(session, name, group)));
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
    .action(withCore(async (session, name: string) => (await bots()).rotate(session, name)));
  example(rotate, 'parley bot rotate Deploys');
  const revoke = bot
    .command('revoke')
    .argument('<name>')
    .description('end a bot: nothing it was given works any more; what it said stays')
    .action(withCore(async (session, name: string) => (await bots()).revoke(session, name)));
  example(revoke, 'parley bot revoke Deploys');
}
