import { versionsQuery, windowQuery } from '../../messages/forms.ts';
import type { Operation } from '../operation.ts';
import { AT, author, BOB, edited, erased, message, NOTHING_HERE, offering, SEQ } from '../samples.ts';

const MESSAGES = '/groups/{slug}/messages';
const slug = 'team';
const MESSAGE = { description: 'The message as it is now.', schema: 'Message', media: ['json', 'text'] } as const;
const EDITED = {
  description: 'The message as it is now, and the members it notifies.',
  schema: 'WrittenMessage',
  media: ['json', 'text'],
} as const;

/** Read, edit and erase messages; read marks and typing. */
export const messagesTable: readonly Operation[] = [
  {
    id: 'listMessages',
    method: 'get',
    path: MESSAGES,
    tag: 'Messages',
    access: 'member',
    summary: 'Read a page of history',
    description:
      'Oldest first. Without `before` or `after` the page ends with the newest message. `Link` has the next pages: `prev` is older, `next` newer. A page of long messages has fewer than `limit`, one at least: follow `Link` to its end. With `thread` it has only the messages of that thread.',
    query: windowQuery,
    responses: {
      200: {
        description: 'The messages. As text: `name: text` lines.',
        schema: 'Message',
        list: true,
        media: ['json', 'text'],
        headers: { Link: 'The pages before and after this one.', 'X-Total-Count': 'How many messages the group has, or the thread.' },
      },
    },
    problems: { 422: '`around` or `date` with `thread`.' },
    examples: [
      {
        title: 'The first two',
        path: { slug },
        query: { after: 0, limit: 2 },
        status: 200,
        answer: { media: 'json', value: [message(5, 'Deploying 6 …'), offering(6)] },
      },
      {
        title: 'One line, for a shell',
        path: { slug },
        query: { before: 15, limit: 1 },
        status: 200,
        answer: { media: 'text', value: 'deploy: Build 9 passed\n' },
      },
      {
        title: 'A thread',
        path: { slug },
        query: { thread: 13 },
        status: 200,
        answer: {
          media: 'text',
          value: 'deploy: Release 7 is out, @Bob: have a look\ndeploy: (reply to #12) Build 8 passed\n',
        },
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
    responses: { 200: MESSAGE },
    examples: [
      {
        title: 'One message',
        path: { slug, seq: SEQ.bobs },
        status: 200,
        answer: { media: 'json', value: message(SEQ.bobs, 'Is 6 out?', { author: author(BOB) }) },
      },
      {
        title: 'There is none',
        path: { slug, seq: 4711 },
        status: 404,
        answer: { media: 'json', value: NOTHING_HERE },
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
    description:
      'Sending the same text changes nothing. A bot may give new `actions`, or `lock` the present ones, with or without a new text; that is its answer to those who used one.',
    body: { schema: 'MessageEdit', form: 'Text', media: ['json', 'text', 'markdown', 'form', 'multipart'] },
    responses: { 200: EDITED },
    problems: {
      ...{ 403: 'It is not yours, it is erased, or the group is archived.', 413: '', 422: '', 429: '' },
      409: 'It was changed at the same time.',
    },
    examples: [
      {
        title: 'Edit',
        path: { slug, seq: SEQ.edited },
        body: { media: 'json', value: { body: 'Deploying 6 … done' } },
        status: 200,
        answer: { media: 'json', value: edited(SEQ.edited, 19, 'Deploying 6 … done') },
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
    description: 'Your own, or as moderator any. It can be undone for 10 s; then the text is deleted everywhere.',
    responses: { 200: MESSAGE },
    problems: { 403: 'It is not yours, or the group is archived.', 429: '' },
    examples: [{ title: 'Erase', path: { slug, seq: SEQ.erased }, status: 200, answer: { media: 'json', value: erased(SEQ.erased, 20) } }],
  },
  {
    id: 'uneraseMessage',
    method: 'post',
    path: `${MESSAGES}/{seq}/unerase`,
    tag: 'Messages',
    access: 'member',
    summary: 'Undo an erasure',
    description: 'Within 10 s, by the user who erased it.',
    responses: { 200: MESSAGE },
    problems: { 403: 'It is too late, or somebody else erased it.', 429: '' },
    examples: [
      {
        title: 'Take it back',
        path: { slug, seq: SEQ.erased },
        status: 200,
        answer: { media: 'json', value: offering(21) },
      },
    ],
  },
  {
    id: 'listVersions',
    method: 'get',
    path: `${MESSAGES}/{seq}/history`,
    tag: 'Messages',
    access: 'member',
    summary: 'Read the earlier versions of a message',
    description:
      'Oldest first, the newest 100 at most and fewer of long texts; without `before` including the current version. `Link` has the page of older ones as `prev`. 404 if the message is erased.',
    query: versionsQuery,
    responses: {
      200: {
        description: 'The versions.',
        schema: 'Version',
        list: true,
        media: ['json', 'text'],
        headers: { Link: 'The page of older versions.' },
      },
    },
    examples: [
      {
        title: 'Before and after',
        path: { slug, seq: SEQ.edited },
        status: 200,
        answer: {
          media: 'json',
          value: [
            { seq: SEQ.edited, at: AT, body: 'Deploying 6 …', format: 'text', html: 'Deploying 6 …' },
            { seq: 19, at: AT, body: 'Deploying 6 … done', format: 'text', html: 'Deploying 6 … done' },
          ],
        },
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
    description: 'Up to a message, by `n` or `seq`; without both, all messages. The mark never moves backward.',
    body: { schema: 'ReadUpTo', media: ['json', 'form', 'multipart'], optional: true },
    responses: {
      200: { description: 'The read mark as it is now. As text: 204 without a body.', schema: 'ReadMark', media: ['json'] },
    },
    problems: { 422: 'There is no such message.' },
    examples: [
      {
        title: 'Up to a message',
        path: { slug },
        body: { media: 'json', value: { seq: SEQ.bobs } },
        status: 200,
        answer: { media: 'json', value: { n: 3, unread: 6 } },
      },
      { title: 'All', path: { slug }, status: 200, answer: { media: 'json', value: { n: 9, unread: 0 } } },
    ],
  },
  {
    id: 'sayTyping',
    method: 'post',
    path: '/groups/{slug}/typing',
    tag: 'Messages',
    access: 'member',
    summary: 'Show that you are typing',
    description: 'Send it every 3 s while typing; it ends after 6 s, or with your message.',
    responses: { 204: { description: 'Shown, or ignored as too frequent.', media: ['none'] } },
    examples: [{ title: 'Typing', path: { slug }, status: 204, answer: { media: 'none' } }],
  },
];
