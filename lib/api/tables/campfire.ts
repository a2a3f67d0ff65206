import type { Operation } from '../operation.ts';

const ROOM = '/rooms/{room}/{botKey}/messages';
const room = { room: 'team', botKey: 'ID-KEY' };
const CAMPFIRE = 'The key in the path says who asks. ';

/** The calls of Campfire’s bots, at the addresses that they know. */
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
    body: { schema: 'WebhookDelivery', media: ['text'] },
    responses: {
      201: { description: 'Posted.', media: ['none'], headers: { Location: 'The address of the message; it ends in its id.' } },
    },
    problems: { 401: 'The key does not hold.', 403: 'The group is archived.', 422: '', 429: '' },
    examples: [{ title: 'Post', path: room, body: { media: 'text', value: 'Lunch?' }, status: 201, answer: { media: 'none' } }],
  },
  {
    id: 'campfireList',
    method: 'get',
    path: ROOM,
    tag: 'Campfire',
    access: 'public',
    summary: 'Read messages',
    description: `${CAMPFIRE}Forty at once, oldest first; \`before\` and \`after\` take a message’s id.`,
    responses: {
      200: {
        description: 'The messages.',
        schema: 'CampfireMessage',
        list: true,
        media: ['json'],
        headers: { Link: 'The next page.', 'X-Total-Count': 'How many there are.' },
      },
    },
    problems: { 401: 'The key does not hold.' },
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
    body: { schema: 'WebhookDelivery', media: ['text'] },
    responses: { 201: { description: 'The boost.', schema: 'CampfireBoost', media: ['json'] } },
    problems: { 401: 'The key does not hold.', 422: '', 429: '' },
    examples: [
      { title: 'Boost', path: { ...room, message: 32 }, body: { media: 'text', value: '👍' }, status: 201, answer: { media: 'json' } },
    ],
  },
  {
    id: 'campfireUnboost',
    method: 'delete',
    path: `${ROOM}/{message}/boosts/{boost}`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Take a boost back',
    description: CAMPFIRE.trim(),
    responses: { 204: { description: 'Taken back.', media: ['none'] } },
    problems: { 401: 'The key does not hold.', 429: '' },
    examples: [{ title: 'No boost', path: { ...room, message: 32, boost: 33 }, status: 204, answer: { media: 'none' } }],
  },
  {
    id: 'campfireEdit',
    method: 'patch',
    path: `${ROOM}/{message}`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Edit a message',
    description: `${CAMPFIRE}\`PUT\` does the same.`,
    body: { schema: 'WebhookDelivery', media: ['text'] },
    responses: { 200: { description: 'The message.', schema: 'CampfireMessage', media: ['json'] } },
    problems: { 401: 'The key does not hold.', 403: 'It is not yours.', 422: '', 429: '' },
    examples: [
      {
        title: 'Edit',
        path: { ...room, message: 32 },
        body: { media: 'text', value: 'Lunch at noon?' },
        status: 200,
        answer: { media: 'json' },
      },
    ],
  },
  {
    id: 'campfireErase',
    method: 'delete',
    path: `${ROOM}/{message}`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Erase a message',
    description: CAMPFIRE.trim(),
    responses: { 204: { description: 'Erased.', media: ['none'] } },
    problems: { 401: 'The key does not hold.', 403: 'It is not yours.', 429: '' },
    examples: [{ title: 'Erase', path: { ...room, message: 32 }, status: 204, answer: { media: 'none' } }],
  },
];
