import { postQuery } from '../../messages/forms.ts';
import type { Operation } from '../operation.ts';
import { AT, calling, edited, erased, MINTED, problem, written } from '../samples.ts';

const MESSAGES = '/groups/{slug}/messages';
const BY_KEY = '/groups/{slug}/by-key/{key}';
const slug = 'team';
const MESSAGE = { description: 'The message as it is now.', schema: 'Message', media: ['json', 'text'] } as const;
const KEPT = { slug, key: 'deploy-42' };

/** New messages, and messages that a program keeps up to date by key. */
export const postingTable: readonly Operation[] = [
  {
    id: 'postMessage',
    method: 'post',
    path: MESSAGES,
    tag: 'Posting',
    access: 'member',
    summary: 'Post a message',
    description:
      'The body is text (`text/plain` or `text/markdown`), JSON or a form; send up to 10 files as `attachment` in `multipart/form-data`. Without an `Idempotency-Key`, a client that retries after a lost response posts twice. `reply_to` makes it a reply to a message of the group; for a body of text it is in the query.',
    query: postQuery,
    headers: ['Idempotency-Key'],
    body: { schema: 'NewMessage', form: 'NewMessageForm', upload: 'Upload', media: ['json', 'text', 'markdown', 'form', 'multipart'] },
    responses: {
      201: {
        description: 'Stored durably. As text: its URL.',
        schema: 'WrittenMessage',
        media: ['json', 'text'],
        headers: { Location: 'The URL of the message.' },
      },
      200: { description: 'Posted before with this key: that message as it is now.', schema: 'WrittenMessage', media: ['json', 'text'] },
    },
    problems: {
      403: 'The group is archived, or a person gives `actions`.',
      409: '',
      413: '',
      422: 'Nothing to see in it, there is no message `reply_to`, or the key stands for another body.',
      429: '',
    },
    examples: [
      {
        title: 'A line from a shell',
        path: { slug },
        body: { media: 'text', value: 'Build 7 passed' },
        status: 201,
        answer: { media: 'text', value: '/groups/team/messages/11\n' },
      },
      {
        title: 'Call somebody',
        path: { slug },
        headers: { 'Idempotency-Key': 'release-7' },
        body: { media: 'json', value: { body: 'Release 7 is out, @Bob: have a look' } },
        status: 201,
        answer: { media: 'json', value: calling(12, 'Release 7 is out, ', ': have a look') },
      },
      {
        title: 'The same again',
        path: { slug },
        headers: { 'Idempotency-Key': 'release-7' },
        body: { media: 'json', value: { body: 'Release 7 is out, @Bob: have a look' } },
        status: 200,
        answer: { media: 'json', value: calling(12, 'Release 7 is out, ', ': have a look') },
      },
      {
        title: 'A reply, as Markdown',
        path: { slug },
        query: { reply_to: 12 },
        body: { media: 'markdown', value: '**Build 8** passed' },
        status: 201,
        answer: {
          media: 'json',
          value: written(13, '**Build 8** passed', {
            reply_to: 12,
            thread: { root: 12, replies: 1, last_at: AT },
            format: 'markdown',
            text: 'Build 8 passed',
            html: '<div class="rich"><p><b>Build 8</b> passed</p></div>',
          }),
        },
      },
      {
        title: 'A form',
        path: { slug },
        body: { media: 'form', value: { body: 'Build 9 passed' } },
        status: 201,
        answer: { media: 'json', value: written(14, 'Build 9 passed') },
      },
      {
        title: 'A file',
        path: { slug },
        body: { media: 'multipart', value: { body: 'The log', attachment: ['build.log'] } },
        status: 201,
        answer: {
          media: 'json',
          value: written(15, 'The log', {
            attachments: [
              {
                ...{ id: MINTED.file, name: 'build.log', type: 'text/plain', bytes: 7, width: null, height: null, alt: null },
                ...{ url: `/files/${MINTED.file}/build.log`, thumb_url: null },
              },
            ],
          }),
        },
      },
      {
        title: 'Nothing',
        path: { slug },
        body: { media: 'json', value: { body: '' } },
        status: 422,
        answer: {
          media: 'json',
          value: problem(422, 'Unprocessable Entity', 'invalid', 'Message is empty.', 'body'),
        },
      },
    ],
  },
  {
    id: 'upsertMessage',
    method: 'put',
    path: BY_KEY,
    tag: 'Posting',
    access: 'member',
    summary: 'Keep one message up to date',
    description:
      'The first request posts the message, later ones edit it, so that one message can follow a deploy. Sending the same text changes nothing; of concurrent first requests one posts. After the message is erased its key cannot be used again.',
    body: { schema: 'KeptText', form: 'Text', media: ['json', 'text', 'markdown', 'form', 'multipart'] },
    responses: {
      201: {
        description: 'Posted. As text: its URL.',
        schema: 'WrittenMessage',
        media: ['json', 'text'],
        headers: { Location: 'The URL of the message.' },
      },
      200: { description: 'It existed and now has this text.', schema: 'WrittenMessage', media: ['json', 'text'] },
    },
    problems: { 403: 'The group is archived.', 410: '', 413: '', 422: '', 429: '' },
    examples: [
      {
        title: 'A deploy begins',
        path: KEPT,
        body: { media: 'text', value: 'Deploying 42 …' },
        status: 201,
        answer: { media: 'text', value: '/groups/team/messages/16\n' },
      },
      {
        title: 'It is done',
        path: KEPT,
        body: { media: 'json', value: { body: 'Deploying 42 … done in 3 min' } },
        status: 200,
        answer: { media: 'json', value: edited(16, 17, 'Deploying 42 … done in 3 min') },
      },
    ],
  },
  {
    id: 'readByKey',
    method: 'get',
    path: BY_KEY,
    tag: 'Posting',
    access: 'member',
    summary: 'Read the message of a key',
    responses: { 200: MESSAGE },
    problems: { 422: 'The key is longer than 255 characters.' },
    examples: [
      {
        title: 'What it says',
        path: KEPT,
        status: 200,
        answer: { media: 'text', value: 'deploy: Deploying 42 … done in 3 min\n' },
      },
    ],
  },
  {
    id: 'eraseByKey',
    method: 'delete',
    path: BY_KEY,
    tag: 'Posting',
    access: 'member',
    summary: 'Erase the message of a key',
    description: 'Its key cannot be used again, unless the erasure is undone.',
    responses: { 200: MESSAGE },
    problems: { 403: 'The group is archived.', 422: 'The key is longer than 255 characters.' },
    examples: [{ title: 'Erase it', path: KEPT, status: 200, answer: { media: 'json', value: { ...erased(16, 18), edited_at: AT } } }],
  },
];
