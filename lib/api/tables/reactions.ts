import type { Operation } from '../operation.ts';
import { author, BOB, BOT, message, problem, SEQ } from '../samples.ts';

const slug = 'team';
const REACTIONS = '/groups/{slug}/messages/{seq}/reactions';
const MESSAGE = { description: 'The message as it is now.', schema: 'Message', media: ['json', 'text'] } as const;
const bobs = (rev: number, ...emojis: string[]) => ({
  media: 'json' as const,
  value: message(SEQ.bobs, 'Is 6 out?', {
    rev,
    author: author(BOB),
    reactions: emojis.map((emoji) => ({ emoji, by: [BOT.id] })),
  }),
});

/** Reactions to messages. */
export const reactionsTable: readonly Operation[] = [
  {
    id: 'react',
    method: 'put',
    path: `${REACTIONS}/{emoji}`,
    tag: 'Reactions',
    access: 'member',
    summary: 'React',
    responses: { 200: MESSAGE },
    problems: { 403: 'It is erased, has 50 different reactions, or the group is archived.', 422: '', 429: '' },
    examples: [{ title: 'Thumbs up', path: { slug, seq: SEQ.bobs, emoji: '👍' }, status: 200, answer: bobs(22, '👍') }],
  },
  {
    id: 'unreact',
    method: 'delete',
    path: `${REACTIONS}/{emoji}`,
    tag: 'Reactions',
    access: 'member',
    summary: 'Remove a reaction',
    responses: { 200: MESSAGE },
    problems: { 403: 'It is erased, or the group is archived.', 422: '', 429: '' },
    examples: [{ title: 'No thumb', path: { slug, seq: SEQ.bobs, emoji: '👍' }, status: 200, answer: bobs(23) }],
  },
  {
    id: 'switchReaction',
    method: 'post',
    path: REACTIONS,
    tag: 'Reactions',
    access: 'member',
    summary: 'React, with a body',
    description: 'For forms, and for clients that cannot put an emoji into a path.',
    body: { schema: 'ReactionSwitch', media: ['json', 'form', 'multipart'] },
    responses: { 200: MESSAGE },
    problems: { 403: 'It is erased, has 50 different reactions, or the group is archived.', 422: '', 429: '' },
    examples: [
      {
        title: 'A party',
        path: { slug, seq: SEQ.bobs },
        body: { media: 'json', value: { emoji: '🎉' } },
        status: 200,
        answer: bobs(24, '🎉'),
      },
      {
        title: 'No emoji',
        path: { slug, seq: SEQ.bobs },
        body: { media: 'json', value: { emoji: '' } },
        status: 422,
        answer: { media: 'json', value: problem(422, 'Unprocessable Entity', 'invalid', 'Reaction is empty.', 'emoji') },
      },
    ],
  },
];
