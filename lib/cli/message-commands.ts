import type { Command } from 'commander';
import { example, wholeNumber, withCore } from './command.ts';
import type { PostOptions } from './post.ts';
import type { TailOptions } from './tail.ts';

/** `parley post …` and `parley tail …`. */
export function messageCommands(program: Command): void {
  const post = program
    .command('post')
    .argument('<group>')
    .argument('[text]', "what to say; '-' or nothing: standard input")
    .description('post a message in the name of a member')
    .requiredOption('--as <name>', 'the person or bot who says it')
    .option('--key <key>', 'idempotency key: with the same key and text, the message is posted once')
    .action(
      withCore(async (session, slug: string, text: string | undefined, options: PostOptions) =>
        (await import('./post.ts')).post(session, slug, text, options),
      ),
    );
  example(post, 'parley post lobby "Back at nine." --as ann', 'uptime | parley post lobby --as Deploys --key "uptime-$(date +%F)"');
  const tail = program
    .command('tail')
    .argument('<group>')
    .description('print the end of a group, an entry per line')
    .option('-n, --lines <count>', 'how many messages', wholeNumber, 10)
    .option('-f, --follow', 'go on with what is written from now on, until interrupted')
    .action(withCore(async (session, slug: string, options: TailOptions) => (await import('./tail.ts')).tail(session, slug, options)));
  example(tail, 'parley tail lobby -n 50', 'parley tail lobby -f --json | jq .body');
}
