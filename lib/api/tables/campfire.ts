import { z } from 'zod';
import type { Example, Operation } from '../operation.ts';

const ROOM = '/rooms/{room}/{botKey}/messages';
const room = { room: 'team', botKey: 'ID-KEY' };
const ID = z.int().min(0).optional();
const historyQuery = z.object({
  before: ID.describe('The id of a message: lists those before it.'),
  after: ID.describe('The id of a message: lists those after it.'),
});
const UNKNOWN = 'Unknown or replaced key.';
const CAMPFIRE = 'The key in the path authenticates the bot. ';

/** What PATCH and PUT have in common. */
const edit = {
  path: `${ROOM}/{message}`,
  tag: 'Campfire',
  access: 'public',
  description: `${CAMPFIRE}The body is the new text. A multipart form with files in \`attachment\` replaces the files and keeps the text.`,
  body: { media: ['text'] },
  responses: { 200: { description: 'The message.', schema: 'CampfireMessage', media: ['json'] } },
  problems: { 401: UNKNOWN, 403: 'It is not yours, or the group is archived.', 413: '', 422: '', 429: '' },
} as const satisfies Partial<Operation>;

const editExample = (title: string): Example => ({
  title,
  path: { ...room, message: 34 },
  body: { media: 'text', value: 'Lunch at noon?' },
  status: 200,
  answer: { media: 'json' },
});

/** The calls of Campfire’s bots, at Campfire’s URLs. */
export const campfireTable: readonly Operation[] = [
  {
    id: 'campfirePost',
    method: 'post',
    path: ROOM,
    tag: 'Campfire',
    access: 'public',
    summary: 'Post a message',
    description: `${CAMPFIRE}The body is the text itself.`,
    headers: ['Idempotency-Key'],
    body: { media: ['text'] },
    responses: {
      201: { description: 'Posted.', media: ['none'], headers: { Location: 'The URL of the message; it ends in its id.' } },
      200: { description: 'Posted before with this idempotency key.', media: ['none'] },
    },
    problems: { 400: '', 401: UNKNOWN, 403: 'The group is archived.', 409: '', 413: '', 422: '', 429: '' },
    examples: [{ title: 'Post', path: room, body: { media: 'text', value: 'Lunch?' }, status: 201, answer: { media: 'none' } }],
  },
  {
    id: 'campfireList',
    method: 'get',
    path: ROOM,
    tag: 'Campfire',
    access: 'public',
    summary: 'Read messages',
    description: `${CAMPFIRE}40 per page, oldest first.`,
    query: historyQuery,
    responses: {
      200: {
        description: 'The messages.',
        schema: 'CampfireMessage',
        list: true,
        media: ['json'],
        headers: { Link: 'The next page.', 'X-Total-Count': 'The number of messages, without erased ones.' },
      },
    },
    problems: { 401: UNKNOWN },
    examples: [{ title: 'Read', path: room, status: 200, answer: { media: 'json' } }],
  },
  {
    id: 'campfireBoost',
    method: 'post',
    path: `${ROOM}/{message}/boosts`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Boost a message',
    description: `${CAMPFIRE}A boost is a reaction.`,
    body: { media: ['text'] },
    responses: { 201: { description: 'The boost.', schema: 'CampfireBoost', media: ['json'] } },
    problems: { 401: UNKNOWN, 422: '', 429: '' },
    examples: [
      { title: 'Boost', path: { ...room, message: 34 }, body: { media: 'text', value: '👍' }, status: 201, answer: { media: 'json' } },
    ],
  },
  {
    id: 'campfireUnboost',
    method: 'delete',
    path: `${ROOM}/{message}/boosts/{boost}`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Remove a boost',
    description: CAMPFIRE.trim(),
    responses: { 204: { description: 'Removed.', media: ['none'] } },
    problems: { 401: UNKNOWN, 429: '' },
    examples: [{ title: 'No boost', path: { ...room, message: 34, boost: 35 }, status: 204, answer: { media: 'none' } }],
  },
  { ...edit, id: 'campfireEdit', method: 'patch', summary: 'Edit a message', examples: [editExample('Edit')] },
  { ...edit, id: 'campfireReplace', method: 'put', summary: 'Edit a message, with PUT', examples: [editExample('Edit, with PUT')] },
  {
    id: 'campfireErase',
    method: 'delete',
    path: `${ROOM}/{message}`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Erase a message',
    description: CAMPFIRE.trim(),
    responses: { 204: { description: 'Erased.', media: ['none'] } },
    problems: { 401: UNKNOWN, 403: 'It is not yours.', 429: '' },
    examples: [{ title: 'Erase', path: { ...room, message: 34 }, status: 204, answer: { media: 'none' } }],
  },
];
