import { savedQuery } from '../messages/forms.ts';
import type { Operation } from './operation.ts';
import { AT, BOB, BOT, message, SEQ } from './samples.ts';

const slug = 'team';
const MESSAGE = '/groups/{slug}/messages/{seq}';
const CHANGED = { what: 'The message as it is now.', as: 'Message', manners: ['json', 'text'] } as const;
const REFUSED = { 403: 'It is erased, the group is archived, or 50 messages are pinned.', 429: '' };
const bobs = (rev: number, isPinned: boolean) => ({
  manner: 'json' as const,
  value: message(SEQ.bobs, 'Is 6 out?', {
    rev,
    author: { ...BOB, bot: false },
    reactions: [{ emoji: '🎉', by: [BOT.id] }],
    pinned: isPinned ? { by: { id: BOT.id, name: BOT.name }, at: AT } : null,
  }),
});

/** What a group, or a person, keeps of messages. */
export const keepingTable: readonly Operation[] = [
  {
    id: 'pin',
    method: 'put',
    path: `${MESSAGE}/pin`,
    tag: 'Messages',
    access: 'member',
    summary: 'Pin a message',
    description: 'For all in the group to find it, at most 50 at a time. Any member may pin and unpin.',
    replies: { 200: CHANGED },
    problems: REFUSED,
    examples: [{ title: 'Pin it', path: { slug, seq: SEQ.bobs }, status: 200, answer: bobs(34, true) }],
  },
  {
    id: 'unpin',
    method: 'delete',
    path: `${MESSAGE}/pin`,
    tag: 'Messages',
    access: 'member',
    summary: 'Take a pin away',
    replies: { 200: CHANGED },
    problems: REFUSED,
    examples: [{ title: 'Unpin it', path: { slug, seq: SEQ.bobs }, status: 200, answer: bobs(35, false) }],
  },
  {
    id: 'switchPin',
    method: 'post',
    path: `${MESSAGE}/pin`,
    tag: 'Messages',
    access: 'member',
    summary: 'Pin or unpin, by a body',
    body: { as: 'PinSwitch', manners: ['json', 'form', 'multipart'] },
    replies: { 200: CHANGED },
    problems: REFUSED,
    examples: [
      {
        title: 'Pin it again',
        path: { slug, seq: SEQ.bobs },
        body: { manner: 'json', value: { on: '1' } },
        status: 200,
        answer: bobs(36, true),
      },
    ],
  },
  {
    id: 'listPins',
    method: 'get',
    path: '/groups/{slug}/pins',
    tag: 'Messages',
    access: 'member',
    summary: 'List what is pinned',
    description: 'Last pinned first.',
    replies: { 200: { what: 'The pinned messages. As text: `name: text` lines.', as: 'Message', list: true, manners: ['json', 'text'] } },
    examples: [{ title: 'What is pinned', path: { slug }, status: 200, answer: { manner: 'json', value: [bobs(36, true).value] } }],
  },
  {
    id: 'listVersions',
    method: 'get',
    path: `${MESSAGE}/history`,
    tag: 'Messages',
    access: 'member',
    summary: 'Read what a message said before',
    description: 'The present text last, a hundred at most. Once the message is erased the answer is 404.',
    replies: { 200: { what: 'All that it said.', as: 'Version', list: true, manners: ['json', 'text'] } },
    examples: [
      {
        title: 'Before and after',
        path: { slug, seq: SEQ.edited },
        status: 200,
        answer: {
          manner: 'json',
          value: [
            { seq: SEQ.edited, at: AT, body: 'Deploying 6 …', format: 'text', html: 'Deploying 6 …' },
            { seq: 16, at: AT, body: 'Deploying 6 … done', format: 'text', html: 'Deploying 6 … done' },
          ],
        },
      },
    ],
  },
  {
    id: 'save',
    method: 'post',
    path: `${MESSAGE}/save`,
    tag: 'Messages',
    access: 'member',
    summary: 'Save a message for yourself',
    description: 'Nobody else learns of it. With `on=0` it is let go. A thousand at most.',
    body: { as: 'SaveSwitch', manners: ['json', 'form', 'multipart'] },
    replies: {
      200: { what: 'Whether it is saved now.', as: 'SaveState', manners: ['json'] },
      204: { what: 'Done (to a shell).', manners: ['none'] },
    },
    problems: { 403: 'It is erased, or you have saved a thousand.' },
    examples: [
      {
        title: 'Save it',
        path: { slug, seq: SEQ.bobs },
        body: { manner: 'json', value: { on: '1' } },
        status: 200,
        answer: { manner: 'json', value: { saved: true, url: `/groups/team/messages/${SEQ.bobs}` } },
      },
    ],
  },
  {
    id: 'listSaved',
    method: 'get',
    path: '/saved',
    tag: 'Messages',
    access: 'token',
    summary: 'List what you saved',
    description: 'Last saved first; without what is in groups that you left.',
    query: savedQuery,
    replies: {
      200: {
        what: 'The messages. As text: the group’s slug before each.',
        as: 'SavedPage',
        manners: ['json', 'text'],
        headers: { Link: 'The next page.' },
      },
    },
    problems: { 422: '' },
    examples: [
      {
        title: 'What is saved',
        status: 200,
        answer: {
          manner: 'json',
          value: {
            results: [
              { ...bobs(36, true).value, group_name: 'Team', saved_at: AT, context: `/groups/team?around=${SEQ.bobs}#m-${SEQ.bobs}` },
            ],
            next: null,
          },
        },
      },
    ],
  },
];
