import { everythingQuery } from '../../live/all-groups/routes.ts';
import { streamQuery } from '../../live/routes.ts';
import type { Operation } from '../operation.ts';

const slug = 'team';
const STREAM = '`id` is the place in the log: reconnect with `Last-Event-ID`, and you get all that came after, in order, once.';

/** Streams of events. */
export const eventsTable: readonly Operation[] = [
  {
    id: 'listen',
    method: 'get',
    path: '/groups/{slug}/events',
    tag: 'Events',
    access: 'member',
    summary: 'Listen to a group',
    description: `An answer that does not end: each line of the group’s log, as it is written. ${STREAM} \`as=text\` prints \`name: text\` lines. See docs/bots.md for the events.`,
    query: streamQuery,
    headers: ['Last-Event-ID'],
    responses: { 200: { description: 'The events.', media: ['stream', 'text'] } },
    problems: { 429: 'Too many streams are open.' },
    examples: [
      {
        title: 'From an entry on',
        path: { slug },
        headers: { 'Last-Event-ID': '4' },
        status: 200,
        answer: { media: 'stream' },
      },
    ],
  },
  {
    id: 'listenToAll',
    method: 'get',
    path: '/events',
    tag: 'Events',
    access: 'token',
    summary: 'Listen to all my groups',
    description:
      'One stream for all groups that you are in, those that you come into meanwhile among them. `as=text` prints `slug name: text` lines.',
    query: everythingQuery,
    headers: ['Last-Event-ID'],
    responses: { 200: { description: 'The events.', media: ['stream', 'text'] } },
    problems: { 410: 'The cursor is too old, or another’s.', 429: 'Too many streams are open.' },
    examples: [{ title: 'From the beginning', query: { after: '0' }, status: 200, answer: { media: 'stream' } }],
  },
];
