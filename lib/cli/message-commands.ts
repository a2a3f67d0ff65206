import type { Command } from 'commander';
import { example, wholeNumber, withCore } from './command.ts';
import type { PostOptions } from './post.ts';
import type { TailOptions } from './tail.ts';

/** `parley post …` and `parley tail …`. */
export function messageCommands(program: Command): void {
  const post = program
    .command('post')
    .argument('<group>')
    .argument('[text]', "the message; '-' or nothing: read standard input")
    .description('post a message as a member of the group')
    .requiredOption('--as <name>', 'the person or bot who posts it')
    .option('--key <key>', 'idempotency key: with the same key and text, the message is posted once')
    .option('--reply-to <seq>', 'the number of the message of the group that it answers', wholeNumber)
    .option('--at <time>', 'post it then: ISO 8601 with a zone, or milliseconds since 1970')
    .action(
      withCore(async (session, slug: string, text: string | undefined, options: PostOptions) =>
        (await import('./post.ts')).post(session, slug, text, options),
      ),
    );
  example(
    post,
    'parley post lobby "Back at nine." --as ann',
    'uptime | parley post lobby --as Deploys --key "uptime-$(date +%F)"',
    'parley post lobby "Stand-up" --as ann --at 2026-12-01T09:00+01:00',
  );
  const tail = program
    .command('tail')
    .argument('<group>')
    .description('print the last entries of a group, one per line')
    .option('-n, --lines <count>', 'how many messages', wholeNumber, 10)
    .option('-f, --follow', 'print new entries until interrupted')
    .action(withCore(async (session, slug: string, options: TailOptions) => (await import('./tail.ts')).tail(session, slug, options)));
  example(tail, 'parley tail lobby -n 50', 'parley tail lobby -f --json | jq .body');
}
