import { allGroupsQuery } from '../../live/all-groups/routes.ts';
import { streamQuery, threadStreamQuery } from '../../live/routes.ts';
import { type JsonSchema, refTo } from '../json-schema.ts';
import type { Operation } from '../operation.ts';
import { SEQ } from '../samples.ts';
import type { SchemaName } from '../schemas.ts';

const slug = 'team';
const data = (name: SchemaName) => ({ type: 'string', contentMediaType: 'application/json', contentSchema: refTo(name) });
const ended = (event: string, description: string): JsonSchema => ({
  ...{ type: 'object', description, required: ['event', 'data'] },
  properties: { event: { const: event }, data: { type: 'string' } },
});

/** The events of a JSON stream. */
const EVENTS: JsonSchema = {
  anyOf: [
    { type: 'object', description: 'A log entry.', required: ['data'], properties: { id: { type: 'string' }, data: data('LogEntry') } },
    {
      ...{ type: 'object', description: 'Who is writing now.', required: ['event', 'data'] },
      properties: { event: { const: 'typing' }, data: data('TypingEvent') },
    },
    {
      ...{ type: 'object', description: 'With `drafts=1`: what somebody has written so far.', required: ['event', 'data'] },
      properties: { event: { const: 'draft' }, data: data('DraftEvent') },
    },
    {
      ...{ type: 'object', description: 'With `drafts=1`: a draft is posted, or has ended.', required: ['event', 'data'] },
      properties: { event: { const: 'draft_end' }, data: data('DraftEndEvent') },
    },
    {
      ...{ type: 'object', description: 'A bot has sent a message that only you see.', required: ['event', 'data'] },
      properties: { event: { const: 'ephemeral' }, data: data('Ephemeral') },
    },
    {
      ...{ type: 'object', description: 'Such a message is dismissed.', required: ['event', 'data'] },
      properties: { event: { const: 'ephemeral_end' }, data: data('EphemeralEndEvent') },
    },
    ended('closed', 'The token or the membership is gone: do not reconnect.'),
    ended(
      'reset',
      'The entry of the cursor is not in the log (a backup was restored): read the history again, and reconnect without the old id.',
    ),
  ],
};
const STREAM = '`id` is the cursor: reconnect with it in `Last-Event-ID` to get every later entry in order, once.';
const GROUP_ID =
  'It is the `seq`, a dot and six digits that tell the entry from another one after a restore; a `seq` alone is not compared.';

/** Streams of events. */
export const eventsTable: readonly Operation[] = [
  {
    id: 'listen',
    method: 'get',
    path: '/groups/{slug}/events',
    tag: 'Events',
    access: 'member',
    summary: 'Stream the events of a group',
    description: `A response that stays open and sends each entry of the group’s log when it is written. ${STREAM} ${GROUP_ID} \`as=text\` prints \`name: text\` lines. See docs/bots.md for the events.`,
    query: streamQuery,
    headers: ['Last-Event-ID'],
    responses: { 200: { description: 'The events.', events: EVENTS, media: ['stream', 'text'] } },
    problems: { 422: 'There is no such message, whose thread is asked for.', 429: 'Too many streams are open.' },
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
    id: 'listenToThread',
    method: 'get',
    path: '/groups/{slug}/messages/{seq}/thread/events',
    tag: 'Events',
    access: 'member',
    summary: 'Stream the events of a thread',
    description: `The entries of the group’s log that are messages of the thread of this message, or change one. ${STREAM} The same as \`/groups/{slug}/events?thread={seq}\`.`,
    query: threadStreamQuery,
    headers: ['Last-Event-ID'],
    responses: { 200: { description: 'The events.', events: EVENTS, media: ['stream', 'text'] } },
    problems: { 429: 'Too many streams are open.' },
    examples: [
      {
        title: 'From its beginning on',
        path: { slug, seq: SEQ.bobs },
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
    summary: 'Stream the events of all my groups',
    description: `One stream for all groups that you are in, including those that you join later. ${STREAM} \`as=text\` prints \`slug name: text\` lines.`,
    query: allGroupsQuery,
    headers: ['Last-Event-ID'],
    responses: { 200: { description: 'The events.', events: EVENTS, media: ['stream', 'text'] } },
    problems: { 410: 'The cursor has expired, or belongs to somebody else.', 429: 'Too many streams are open.' },
    examples: [{ title: 'From the beginning', query: { after: '0' }, status: 200, answer: { media: 'stream' } }],
  },
];
