import type { Operation } from './operation.ts';

const HOOKED = '/hooks/{token}/messages/{message}';
const hooked = { token: 'TOKEN', message: 26 };
const ROOM = '/rooms/{room}/{botKey}/messages';
const room = { room: 'team', botKey: 'ID-KEY' };
const DISCORD = { what: 'The message, in Discord’s shape.', as: 'DiscordMessage', manners: ['json'] } as const;
const CAMPFIRE = 'The key in the path says who asks. ';

/** The calls that clients of other chats make, at the addresses that they know. */
export const clientsTable: readonly Operation[] = [
  {
    id: 'readDelivered',
    method: 'get',
    path: HOOKED,
    tag: 'Webhooks',
    access: 'public',
    summary: 'Read what a webhook posted',
    description:
      'As Discord’s clients do, also at `/api/webhooks/{id}/{token}/messages/{message}`. The id is the one that posting answered in Discord’s shape.',
    replies: { 200: DISCORD },
    examples: [{ title: 'Read', path: hooked, status: 200, answer: { manner: 'json' } }],
  },
  {
    id: 'editDelivered',
    method: 'patch',
    path: HOOKED,
    tag: 'Webhooks',
    access: 'public',
    summary: 'Edit what a webhook posted',
    body: { as: 'WebhookDelivery', manners: ['json', 'form', 'multipart'] },
    replies: { 200: DISCORD },
    problems: { 403: 'It is to be signed, and is not.', 429: '' },
    examples: [
      {
        title: 'Edit',
        path: hooked,
        body: { manner: 'json', value: { content: 'Build 7 passed at last' } },
        status: 200,
        answer: { manner: 'json' },
      },
    ],
  },
  {
    id: 'eraseDelivered',
    method: 'delete',
    path: HOOKED,
    tag: 'Webhooks',
    access: 'public',
    summary: 'Erase what a webhook posted',
    replies: { 204: { what: 'Erased.', manners: ['none'] } },
    problems: { 403: 'It is to be signed, and is not.', 429: '' },
    examples: [{ title: 'Erase', path: hooked, status: 204, answer: { manner: 'none' } }],
  },
  {
    id: 'campfirePost',
    method: 'post',
    path: ROOM,
    tag: 'Campfire',
    access: 'public',
    summary: 'Post a message',
    description: `${CAMPFIRE}The body is the text itself.`,
    headers: ['Idempotency-Key'],
    body: { as: 'WebhookDelivery', manners: ['text'] },
    replies: { 201: { what: 'Posted.', manners: ['none'], headers: { Location: 'The address of the message; it ends in its id.' } } },
    problems: { 401: 'The key does not hold.', 403: 'The group is archived.', 422: '', 429: '' },
    examples: [{ title: 'Post', path: room, body: { manner: 'text', value: 'Lunch?' }, status: 201, answer: { manner: 'none' } }],
  },
  {
    id: 'campfireList',
    method: 'get',
    path: ROOM,
    tag: 'Campfire',
    access: 'public',
    summary: 'Read messages',
    description: `${CAMPFIRE}Forty at once, oldest first; \`before\` and \`after\` take a message’s id.`,
    replies: {
      200: {
        what: 'The messages.',
        as: 'CampfireMessage',
        list: true,
        manners: ['json'],
        headers: { Link: 'The next page.', 'X-Total-Count': 'How many there are.' },
      },
    },
    problems: { 401: 'The key does not hold.' },
    examples: [{ title: 'Read', path: room, status: 200, answer: { manner: 'json' } }],
  },
  {
    id: 'campfireBoost',
    method: 'post',
    path: `${ROOM}/{message}/boosts`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Boost a message',
    description: `${CAMPFIRE}A boost is a reaction.`,
    body: { as: 'WebhookDelivery', manners: ['text'] },
    replies: { 201: { what: 'The boost.', as: 'CampfireBoost', manners: ['json'] } },
    problems: { 401: 'The key does not hold.', 422: '', 429: '' },
    examples: [
      { title: 'Boost', path: { ...room, message: 29 }, body: { manner: 'text', value: '👍' }, status: 201, answer: { manner: 'json' } },
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
    replies: { 204: { what: 'Taken back.', manners: ['none'] } },
    problems: { 401: 'The key does not hold.', 429: '' },
    examples: [{ title: 'No boost', path: { ...room, message: 29, boost: 30 }, status: 204, answer: { manner: 'none' } }],
  },
  {
    id: 'campfireEdit',
    method: 'patch',
    path: `${ROOM}/{message}`,
    tag: 'Campfire',
    access: 'public',
    summary: 'Edit a message',
    description: `${CAMPFIRE}\`PUT\` does the same.`,
    body: { as: 'WebhookDelivery', manners: ['text'] },
    replies: { 200: { what: 'The message.', as: 'CampfireMessage', manners: ['json'] } },
    problems: { 401: 'The key does not hold.', 403: 'It is not yours.', 422: '', 429: '' },
    examples: [
      {
        title: 'Edit',
        path: { ...room, message: 29 },
        body: { manner: 'text', value: 'Lunch at noon?' },
        status: 200,
        answer: { manner: 'json' },
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
    replies: { 204: { what: 'Erased.', manners: ['none'] } },
    problems: { 401: 'The key does not hold.', 403: 'It is not yours.', 429: '' },
    examples: [{ title: 'Erase', path: { ...room, message: 29 }, status: 204, answer: { manner: 'none' } }],
  },
];
