import { savedQuery, threadQuery } from '../../messages/forms.ts';
import type { Operation } from '../operation.ts';
import { author, BOB, message, SEQ } from '../samples.ts';

const slug = 'team';
const THREAD = '/groups/{slug}/messages/{seq}/thread';

/** Threads. */
export const threadsTable: readonly Operation[] = [
  {
    id: 'readThread',
    method: 'get',
    path: THREAD,
    tag: 'Messages',
    access: 'member',
    summary: 'Read the thread of a message',
    description:
      'Of any message in it: the message that began it, then the newest replies, oldest first, 200 at most. `Link` has the page of older replies as `prev`.',
    query: threadQuery,
    responses: {
      200: {
        description: 'The messages. As text: `name: text` lines.',
        schema: 'Message',
        list: true,
        media: ['json', 'text'],
        headers: { Link: 'The page of older replies.' },
      },
    },
    examples: [
      {
        title: 'Nobody has answered it',
        path: { slug, seq: SEQ.bobs },
        status: 200,
        answer: { media: 'json', value: [message(SEQ.bobs, 'Is 6 out?', { author: author(BOB) })] },
      },
    ],
  },
  {
    id: 'followThread',
    method: 'post',
    path: `${THREAD}/follow`,
    tag: 'Messages',
    access: 'member',
    summary: 'Follow a thread',
    description:
      'Its replies then notify you, as if they mentioned you. You follow a thread by itself when you reply in it, when somebody answers your message and when somebody names you in it. `on=0` ends that until you reply in it again. Bots follow nothing.',
    body: { schema: 'FollowSwitch', media: ['json', 'form', 'multipart'], optional: true },
    responses: {
      200: { description: 'Whether you follow it now. As text: 204 without a body.', schema: 'FollowState', media: ['json'] },
    },
    examples: [
      {
        title: 'Follow it',
        path: { slug, seq: SEQ.bobs },
        body: { media: 'json', value: { on: '1' } },
        status: 200,
        answer: { media: 'json', value: { follows: true, url: `/groups/team/messages/${SEQ.bobs}/thread` } },
      },
    ],
  },
  {
    id: 'markThreadRead',
    method: 'post',
    path: `${THREAD}/read`,
    tag: 'Messages',
    access: 'member',
    summary: 'Mark a thread as read',
    description:
      'Up to the message with this seq; without one, to the end. The mark never moves backward, and only a thread that you follow has one.',
    body: { schema: 'ThreadReadUpTo', media: ['json', 'form', 'multipart'], optional: true },
    responses: {
      200: { description: 'The seq up to which it is read. As text: 204 without a body.', schema: 'ThreadReadMark', media: ['json'] },
    },
    examples: [
      {
        title: 'Up to a message',
        path: { slug, seq: SEQ.bobs },
        body: { media: 'json', value: { seq: SEQ.bobs } },
        status: 200,
        answer: { media: 'json', value: { seq: SEQ.bobs } },
      },
    ],
  },
  {
    id: 'listThreads',
    method: 'get',
    path: '/threads',
    tag: 'Messages',
    access: 'token',
    summary: 'List the threads that you follow',
    description: 'Those with replies, in your groups; the last reply first.',
    query: savedQuery,
    responses: {
      200: {
        description: 'The first messages. As text: a line for each.',
        schema: 'ThreadPage',
        media: ['json', 'text'],
        headers: { Link: 'The next page.' },
      },
    },
    problems: { 422: '' },
    examples: [{ title: 'None', status: 200, answer: { media: 'json', value: { results: [], next: null } } }],
  },
];
