import type { Command } from 'commander';
import { example, wholeNumber, withCore } from './command.ts';
import type { WebhookOptions } from './webhooks.ts';

const webhooks = () => import('./webhooks.ts');

const USUAL_LINES = 20;
const gather = (word: string, words: readonly string[] = []): readonly string[] => [...words, word];

/** `parley bot webhook`, `parley bot deliveries` and `parley bot replay`. */
export function webhookCommands(bot: Command): void {
  const webhook = bot
    .command('webhook')
    .argument('<name>')
    .argument('[url]', 'the URL to call; without it, show or change the webhook that the bot has')
    .description('set the outgoing webhook of a bot, called for messages in its groups; the signing secret is shown once')
    .option('--on <what>', 'which messages: mention (default), all, or keyword')
    .option('--keyword <word>', 'a keyword for --on keyword; repeatable', gather)
    .option('--events <list>', 'posted (default), edited, erased, reacted, joined, left; separated by commas')
    .option('--rotate', 'create a new secret; the old one stays valid for 24 hours')
    .option('--off', 'remove the webhook')
    .action(
      withCore(async (session, name: string, url: string | undefined, options: WebhookOptions) =>
        (await webhooks()).webhook(session, name, url, options),
      ),
    );
  example(
    webhook,
    'parley bot webhook Echo https://bots.example.org/echo',
    'parley bot webhook Echo https://bots.example.org/echo --on keyword --keyword deploy --events posted,edited',
    'parley bot webhook Echo --rotate',
  );
  const deliveries = bot
    .command('deliveries')
    .argument('<name>')
    .description('list the webhook deliveries to a bot, newest first')
    .option('-n, --lines <count>', 'how many', wholeNumber, USUAL_LINES)
    .action(withCore(async (session, name: string, options: { lines: number }) => (await webhooks()).deliveries(session, name, options)));
  example(deliveries, 'parley bot deliveries Echo');
  const replay = bot
    .command('replay')
    .argument('<name>')
    .argument('[deliveries...]', 'the ids of deliveries, as `parley bot deliveries` lists them')
    .description('send finished deliveries again; the server sends them within 5 seconds')
    .option('--failed', 'all that have failed or were dropped, of the last 14 days')
    .action(
      withCore(async (session, name: string, ids: readonly string[], options: { failed?: true }) =>
        (await webhooks()).replay(session, name, ids, options),
      ),
    );
  example(replay, 'parley bot replay Echo msg_0123456789abcdef0123456789abcdef', 'parley bot replay Echo --failed');
}
