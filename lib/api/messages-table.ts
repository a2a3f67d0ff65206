import { windowQuery } from '../messages/forms.ts';
import type { Operation } from './operation.ts';
import { BOB, edited, erased, message, NOTHING_HERE, SEQ } from './samples.ts';

const MESSAGES = '/groups/{slug}/messages';
const slug = 'team';
const MESSAGE = { what: 'The message as it is now.', as: 'Message', manners: ['json', 'text'] } as const;
const EDITED = { what: 'The message as it is now, and whom it reaches.', as: 'WrittenMessage', manners: ['json', 'text'] } as const;

/** Reading, and changing what was posted. */
export const messagesTable: readonly Operation[] = [
  {
    id: 'listMessages',
    method: 'get',
    path: MESSAGES,
    tag: 'Messages',
    access: 'member',
    summary: 'Read a page of history',
    description:
      'Oldest first. Without `before` or `after` it ends with the newest message. `Link` leads on: `prev` is older, `next` newer.',
    query: windowQuery,
    replies: {
      200: {
        what: 'The messages. As text: `name: text` lines.',
        as: 'Message',
        list: true,
        manners: ['json', 'text'],
        headers: { Link: 'The pages before and after this one.', 'X-Total-Count': 'How many messages the group has.' },
      },
    },
    examples: [
      {
        title: 'The first two',
        path: { slug },
        query: { after: 0, limit: 2 },
        status: 200,
        answer: { manner: 'json', value: [message(5, 'Deploying 6 …'), message(6, 'oops')] },
      },
      {
        title: 'One line, for a shell',
        path: { slug },
        query: { before: 15, limit: 1 },
        status: 200,
        answer: { manner: 'text', value: 'deploy: Build 9 passed\n' },
      },
    ],
  },
  {
    id: 'readMessage',
    method: 'get',
    path: `${MESSAGES}/{seq}`,
    tag: 'Messages',
    access: 'member',
    summary: 'Read one message',
    replies: { 200: MESSAGE },
    examples: [
      {
        title: 'One message',
        path: { slug, seq: SEQ.bobs },
        status: 200,
        answer: { manner: 'json', value: message(SEQ.bobs, 'Is 6 out?', { author: { ...BOB, bot: false } }) },
      },
      {
        title: 'There is none',
        path: { slug, seq: 4711 },
        status: 404,
        answer: { manner: 'json', value: NOTHING_HERE },
      },
    ],
  },
  {
    id: 'editMessage',
    method: 'patch',
    path: `${MESSAGES}/{seq}`,
    tag: 'Messages',
    access: 'member',
    summary: 'Edit a message of your own',
    description: 'The same text again changes nothing.',
    body: { as: 'Text', manners: ['json', 'text', 'markdown', 'form', 'multipart'] },
    replies: { 200: EDITED },
    problems: { 403: 'It is not yours, it is erased, or the group is archived.', 413: '', 422: '', 429: '' },
    examples: [
      {
        title: 'Edit',
        path: { slug, seq: SEQ.edited },
        body: { manner: 'json', value: { body: 'Deploying 6 … done' } },
        status: 200,
        answer: { manner: 'json', value: edited(SEQ.edited, 16, 'Deploying 6 … done') },
      },
    ],
  },
  {
    id: 'eraseMessage',
    method: 'delete',
    path: `${MESSAGES}/{seq}`,
    tag: 'Messages',
    access: 'member',
    summary: 'Erase a message',
    description: 'Your own; moderators erase any. It can be taken back for ten seconds; then its text is gone everywhere.',
    replies: { 200: MESSAGE },
    problems: { 403: 'It is not yours, or the group is archived.', 429: '' },
    examples: [{ title: 'Erase', path: { slug, seq: SEQ.erased }, status: 200, answer: { manner: 'json', value: erased(SEQ.erased, 17) } }],
  },
  {
    id: 'uneraseMessage',
    method: 'post',
    path: `${MESSAGES}/{seq}/unerase`,
    tag: 'Messages',
    access: 'member',
    summary: 'Take an erasure back',
    description: 'By who erased it, within ten seconds.',
    replies: { 200: MESSAGE },
    problems: { 403: 'It is too late, or somebody else erased it.', 429: '' },
    examples: [
      {
        title: 'Take it back',
        path: { slug, seq: SEQ.erased },
        status: 200,
        answer: { manner: 'json', value: message(SEQ.erased, 'oops', { rev: 18 }) },
      },
    ],
  },
];
