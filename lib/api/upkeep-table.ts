import type { Operation } from './operation.ts';
import { AT, BOB, BOT, edited, erased, message, problem, SEQ } from './samples.ts';

const slug = 'team';
const BY_KEY = '/groups/{slug}/by-key/{key}';
const REACTIONS = '/groups/{slug}/messages/{seq}/reactions';
const MESSAGE = { what: 'The message as it is now.', as: 'Message', manners: ['json', 'text'] } as const;
const KEPT = { slug, key: 'deploy-42' };
const bobs = (rev: number, ...emojis: string[]) => ({
  manner: 'json' as const,
  value: message(SEQ.bobs, 'Is 6 out?', {
    rev,
    author: { ...BOB, bot: false },
    reactions: emojis.map((emoji) => ({ emoji, by: [BOT.id] })),
  }),
});

/** What is done to messages that are there: one that is kept up to date under a key, reactions, and what was read. */
export const upkeepTable: readonly Operation[] = [
  {
    id: 'upsertMessage',
    method: 'put',
    path: BY_KEY,
    tag: 'Messages',
    access: 'member',
    summary: 'Keep one message up to date',
    description:
      'Posts it the first time and edits it afterwards, so that one message follows a deploy. The same text again changes nothing; of several first calls at once one posts. When the message is erased its key is used up.',
    body: { as: 'Text', manners: ['json', 'text', 'markdown', 'form', 'multipart'] },
    replies: {
      201: {
        what: 'Posted. As text the answer is its address.',
        as: 'WrittenMessage',
        manners: ['json', 'text'],
        headers: { Location: 'The address of the message.' },
      },
      200: { what: 'It was there, and says this now.', as: 'WrittenMessage', manners: ['json', 'text'] },
    },
    problems: { 403: 'The group is archived.', 410: '', 413: '', 422: '', 429: '' },
    examples: [
      {
        title: 'A deploy begins',
        path: KEPT,
        body: { manner: 'text', value: 'Deploying 42 …' },
        status: 201,
        answer: { manner: 'text', value: '/groups/team/messages/19\n' },
      },
      {
        title: 'It is done',
        path: KEPT,
        body: { manner: 'json', value: { body: 'Deploying 42 … done in 3 min' } },
        status: 200,
        answer: { manner: 'json', value: edited(19, 20, 'Deploying 42 … done in 3 min') },
      },
    ],
  },
  {
    id: 'readByKey',
    method: 'get',
    path: BY_KEY,
    tag: 'Messages',
    access: 'member',
    summary: 'Read the message of a key',
    replies: { 200: MESSAGE },
    examples: [
      {
        title: 'What it says',
        path: KEPT,
        status: 200,
        answer: { manner: 'text', value: 'deploy: Deploying 42 … done in 3 min\n' },
      },
    ],
  },
  {
    id: 'eraseByKey',
    method: 'delete',
    path: BY_KEY,
    tag: 'Messages',
    access: 'member',
    summary: 'Erase the message of a key',
    description: 'The key is used up with it, unless the erasure is taken back.',
    replies: { 200: MESSAGE },
    problems: { 403: 'The group is archived.', 429: '' },
    examples: [{ title: 'Erase it', path: KEPT, status: 200, answer: { manner: 'json', value: { ...erased(19, 21), edited_at: AT } } }],
  },
  {
    id: 'react',
    method: 'put',
    path: `${REACTIONS}/{emoji}`,
    tag: 'Messages',
    access: 'member',
    summary: 'React',
    replies: { 200: MESSAGE },
    problems: { 403: 'It is erased, has 50 different reactions, or the group is archived.', 422: '', 429: '' },
    examples: [{ title: 'Thumbs up', path: { slug, seq: SEQ.bobs, emoji: '👍' }, status: 200, answer: bobs(22, '👍') }],
  },
  {
    id: 'unreact',
    method: 'delete',
    path: `${REACTIONS}/{emoji}`,
    tag: 'Messages',
    access: 'member',
    summary: 'Take a reaction back',
    replies: { 200: MESSAGE },
    problems: { 403: 'It is erased, or the group is archived.', 422: '', 429: '' },
    examples: [{ title: 'No thumb', path: { slug, seq: SEQ.bobs, emoji: '👍' }, status: 200, answer: bobs(23) }],
  },
  {
    id: 'switchReaction',
    method: 'post',
    path: REACTIONS,
    tag: 'Messages',
    access: 'member',
    summary: 'React, by a body',
    description: 'For forms, and for clients that cannot write an emoji in a path.',
    body: { as: 'ReactionSwitch', manners: ['json', 'form', 'multipart'] },
    replies: { 200: MESSAGE },
    problems: { 403: 'It is erased, has 50 different reactions, or the group is archived.', 422: '', 429: '' },
    examples: [
      {
        title: 'A party',
        path: { slug, seq: SEQ.bobs },
        body: { manner: 'json', value: { emoji: '🎉' } },
        status: 200,
        answer: bobs(24, '🎉'),
      },
      {
        title: 'No emoji',
        path: { slug, seq: SEQ.bobs },
        body: { manner: 'json', value: { emoji: '' } },
        status: 422,
        answer: { manner: 'json', value: problem(422, 'Unprocessable Entity', 'invalid', 'Reaction is empty.', 'emoji') },
      },
    ],
  },
  {
    id: 'markRead',
    method: 'post',
    path: '/groups/{slug}/read',
    tag: 'Messages',
    access: 'member',
    summary: 'Mark as read',
    description: 'Up to a message, by `n` or `seq`; all when neither is given. What was read stays read: the mark moves only forward.',
    body: { as: 'ReadUpTo', manners: ['json', 'form', 'multipart'], optional: true },
    replies: {
      200: { what: 'Where the mark is now.', as: 'ReadMark', manners: ['json'] },
      204: { what: 'Done (to all but JSON).', manners: ['none'] },
    },
    examples: [
      {
        title: 'Up to a message',
        path: { slug },
        body: { manner: 'json', value: { seq: SEQ.bobs } },
        status: 200,
        answer: { manner: 'json', value: { n: 3, unread: 6 } },
      },
      { title: 'All', path: { slug }, status: 200, answer: { manner: 'json', value: { n: 9, unread: 0 } } },
    ],
  },
  {
    id: 'sayTyping',
    method: 'post',
    path: '/groups/{slug}/typing',
    tag: 'Messages',
    access: 'member',
    summary: 'Say that you are writing',
    description: 'Every three seconds while you are; it ends by itself after six, or with your message.',
    replies: { 204: { what: 'Said, or said too often.', manners: ['none'] } },
    examples: [{ title: 'Typing', path: { slug }, status: 204, answer: { manner: 'none' } }],
  },
];
