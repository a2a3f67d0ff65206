import type { Operation } from '../operation.ts';
import { AT, author, BOB, BOT, MINTED } from '../samples.ts';
import type { Sample } from '../schemas.ts';

const slug = 'team';
const ALL = '/groups/{slug}/ephemeral';

const sample: Sample<'Ephemeral'> = {
  ...{ id: MINTED.ephemeral, group: slug, user: BOB.id, author: author(BOT), body: '6 is not ready.', format: 'text' },
  ...{ at: AT, expires_at: '2026-01-03T12:00:00.000Z', url: `/groups/${slug}/ephemeral/${MINTED.ephemeral}` },
};

/** Messages of bots that one member sees. */
export const ephemeralTable: readonly Operation[] = [
  {
    id: 'sendEphemeral',
    method: 'post',
    path: ALL,
    tag: 'Ephemeral',
    access: 'member',
    summary: 'Show a text to one member',
    description:
      'Only that member sees it, on the page of the group and in their streams, until they dismiss it, and for a day at most. It is not in the log, and cannot be edited. Only bots send them. A member has 20 at most in a group; the oldest makes room.',
    headers: ['Idempotency-Key'],
    body: { schema: 'NewEphemeral', media: ['json', 'form', 'multipart'] },
    responses: {
      201: {
        description: 'Sent. As text: its URL.',
        schema: 'Ephemeral',
        media: ['json', 'text'],
        headers: { Location: 'The URL of the ephemeral message.' },
      },
      200: { description: 'A request with this key has sent it.', schema: 'Ephemeral', media: ['json', 'text'] },
    },
    problems: {
      403: 'You are not a bot, or the group is archived.',
      413: '',
      422: 'There is no such member, or nothing to see in the text.',
      429: '',
    },
    examples: [
      {
        title: 'For Bob',
        path: { slug },
        body: { media: 'json', value: { user: 'Bob', body: '6 is not ready.' } },
        status: 201,
        answer: { media: 'json', value: sample },
      },
    ],
  },
  {
    id: 'listEphemeral',
    method: 'get',
    path: ALL,
    tag: 'Ephemeral',
    access: 'member',
    summary: 'List what only you see',
    description: 'Oldest first.',
    responses: {
      200: {
        description: 'Those that are not dismissed. As text: `name: text` lines.',
        schema: 'Ephemeral',
        list: true,
        media: ['json', 'text'],
      },
    },
    examples: [{ title: 'None', path: { slug }, status: 200, answer: { media: 'json', value: [] } }],
  },
  {
    id: 'dismissEphemeral',
    method: 'delete',
    path: `${ALL}/{ephemeral}`,
    tag: 'Ephemeral',
    access: 'member',
    summary: 'Dismiss it',
    description: 'By who sees it, or by its bot.',
    responses: { 204: { description: 'It is gone.', media: ['none'] } },
    examples: [{ title: 'By its bot', path: { slug, ephemeral: 'EPHEMERAL' }, status: 204, answer: { media: 'none' } }],
  },
];
