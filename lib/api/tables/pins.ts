import type { Operation } from '../operation.ts';
import { pinned, SEQ } from '../samples.ts';

const slug = 'team';
const MESSAGE = '/groups/{slug}/messages/{seq}';
const CHANGED = { description: 'The message as it is now.', schema: 'Message', media: ['json', 'text'] } as const;
const REFUSED = { 403: 'It is erased, the group is archived, or 50 messages are pinned.', 429: '' };
const bobs = (rev: number, isPinned: boolean) => ({ media: 'json' as const, value: pinned(rev, isPinned) });

/** Messages pinned for all members of a group. */
export const pinsTable: readonly Operation[] = [
  {
    id: 'pin',
    method: 'put',
    path: `${MESSAGE}/pin`,
    tag: 'Pins',
    access: 'member',
    summary: 'Pin a message',
    description: 'For all members of the group, 50 at most. Any member may pin and unpin.',
    responses: { 200: CHANGED },
    problems: REFUSED,
    examples: [{ title: 'Pin it', path: { slug, seq: SEQ.bobs }, status: 200, answer: bobs(25, true) }],
  },
  {
    id: 'unpin',
    method: 'delete',
    path: `${MESSAGE}/pin`,
    tag: 'Pins',
    access: 'member',
    summary: 'Unpin a message',
    responses: { 200: CHANGED },
    problems: REFUSED,
    examples: [{ title: 'Unpin it', path: { slug, seq: SEQ.bobs }, status: 200, answer: bobs(26, false) }],
  },
  {
    id: 'switchPin',
    method: 'post',
    path: `${MESSAGE}/pin`,
    tag: 'Pins',
    access: 'member',
    summary: 'Pin or unpin, with a body',
    body: { schema: 'PinSwitch', media: ['json', 'form', 'multipart'] },
    responses: { 200: CHANGED },
    problems: REFUSED,
    examples: [
      {
        title: 'Pin it again',
        path: { slug, seq: SEQ.bobs },
        body: { media: 'json', value: { on: '1' } },
        status: 200,
        answer: bobs(27, true),
      },
    ],
  },
  {
    id: 'listPins',
    method: 'get',
    path: '/groups/{slug}/pins',
    tag: 'Pins',
    access: 'member',
    summary: 'List pinned messages',
    description: 'Most recently pinned first.',
    responses: {
      200: { description: 'The pinned messages. As text: `name: text` lines.', schema: 'Message', list: true, media: ['json', 'text'] },
    },
    examples: [{ title: 'Pinned messages', path: { slug }, status: 200, answer: { media: 'json', value: [bobs(27, true).value] } }],
  },
];
