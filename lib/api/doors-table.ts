import { everythingQuery } from '../live/all-groups/routes.ts';
import { streamQuery } from '../live/routes.ts';
import type { Operation } from './operation.ts';
import { GROUP, MINTED } from './samples.ts';

const slug = 'team';
const STREAM = '`id` is the place in the log: reconnect with `Last-Event-ID`, and you get all that came after, in order, once.';

/** What listens, and what posts by a URL alone. */
export const doorsTable: readonly Operation[] = [
  {
    id: 'listen',
    method: 'get',
    path: '/groups/{slug}/events',
    tag: 'Listening',
    access: 'member',
    summary: 'Listen to a group',
    description: `An answer that does not end: each line of the group’s log, as it is written. ${STREAM} \`as=text\` prints \`name: text\` lines. See docs/bots.md for the events.`,
    query: streamQuery,
    headers: ['Last-Event-ID'],
    replies: { 200: { what: 'The events.', manners: ['stream', 'text'] } },
    problems: { 429: 'Too many streams are open.' },
    examples: [
      {
        title: 'From an entry on',
        path: { slug },
        headers: { 'Last-Event-ID': '4' },
        status: 200,
        answer: { manner: 'stream' },
      },
    ],
  },
  {
    id: 'listenToAll',
    method: 'get',
    path: '/events',
    tag: 'Listening',
    access: 'token',
    summary: 'Listen to all my groups',
    description:
      'One stream for all groups that you are in, those that you come into meanwhile among them. `as=text` prints `slug name: text` lines.',
    query: everythingQuery,
    headers: ['Last-Event-ID'],
    replies: { 200: { what: 'The events.', manners: ['stream', 'text'] } },
    problems: { 410: 'The cursor is too old, or another’s.', 429: 'Too many streams are open.' },
    examples: [{ title: 'From the beginning', query: { after: '0' }, status: 200, answer: { manner: 'stream' } }],
  },
  {
    id: 'deliver',
    method: 'post',
    path: '/hooks/{token}',
    tag: 'Webhooks',
    access: 'public',
    summary: 'Post by webhook',
    description:
      'The URL is all that is needed. What clients of Slack, Mattermost, Rocket.Chat, Discord and many others send is understood, at this URL and at those that they insist on (`/services/…`, `/api/webhooks/…`); docs/bots.md has the list. `PUT` does the same. A browser that opens the URL is shown how to use it.',
    headers: ['Idempotency-Key'],
    body: { as: 'WebhookDelivery', manners: ['json', 'text', 'form', 'multipart'] },
    replies: {
      200: {
        what: 'Stored for good: `ok`, or JSON for `Accept: application/json` alone.',
        as: 'WebhookReceipt',
        manners: ['text', 'json'],
      },
    },
    problems: {
      403: 'It is to be signed, and is not.',
      409: '',
      410: 'The group is archived.',
      413: '',
      415: 'An unknown Content-Encoding.',
      422: 'The key stands for another body.',
      429: '',
    },
    examples: [
      {
        title: 'A line',
        path: { token: 'TOKEN' },
        body: { manner: 'text', value: 'Disk 91% full on db1' },
        status: 200,
        answer: { manner: 'text', value: 'ok' },
      },
      {
        title: 'As Slack’s clients do',
        path: { token: 'TOKEN' },
        body: { manner: 'json', value: { text: 'Build 7 *passed*', username: 'ci' } },
        status: 200,
        answer: {
          manner: 'json',
          value: { ok: true, success: true, id: `${GROUP.id}-26`, seq: 26, url: `${MINTED.origin}/groups/team/messages/26` },
        },
      },
    ],
  },
];
