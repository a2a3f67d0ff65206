import type { Operation } from './operation.ts';
import { calling, MINTED, problem, written } from './samples.ts';

const MESSAGES = '/groups/{slug}/messages';
const slug = 'team';

/** Posting, in all its forms. */
export const postingTable: readonly Operation[] = [
  {
    id: 'postMessage',
    method: 'post',
    path: MESSAGES,
    tag: 'Messages',
    access: 'member',
    summary: 'Post a message',
    description:
      'The body is a text (`text/plain`, or `text/markdown`), JSON or a form; files come as `attachment` in `multipart/form-data`, ten at most. Without an `Idempotency-Key` a client that tries again after a lost answer posts twice.',
    headers: ['Idempotency-Key'],
    body: { as: 'NewMessage', upload: 'Upload', manners: ['json', 'text', 'markdown', 'form', 'multipart'] },
    replies: {
      201: {
        what: 'It is stored for good. As text the answer is its address.',
        as: 'WrittenMessage',
        manners: ['json', 'text'],
        headers: { Location: 'The address of the message.' },
      },
      200: { what: 'This key has posted it before: the first message.', as: 'WrittenMessage', manners: ['json', 'text'] },
    },
    problems: {
      403: 'The group is archived.',
      409: '',
      413: '',
      422: 'Nothing to see in it, or the key stands for another body.',
      429: '',
    },
    examples: [
      {
        title: 'A line from a shell',
        path: { slug },
        body: { manner: 'text', value: 'Build 7 passed' },
        status: 201,
        answer: { manner: 'text', value: '/groups/team/messages/11\n' },
      },
      {
        title: 'Call somebody',
        path: { slug },
        headers: { 'Idempotency-Key': 'release-7' },
        body: { manner: 'json', value: { body: 'Release 7 is out, @Bob: have a look' } },
        status: 201,
        answer: { manner: 'json', value: calling(12, 'Release 7 is out, ', ': have a look') },
      },
      {
        title: 'The same again',
        path: { slug },
        headers: { 'Idempotency-Key': 'release-7' },
        body: { manner: 'json', value: { body: 'Release 7 is out, @Bob: have a look' } },
        status: 200,
        answer: { manner: 'json', value: calling(12, 'Release 7 is out, ', ': have a look') },
      },
      {
        title: 'Markdown',
        path: { slug },
        body: { manner: 'markdown', value: '**Build 8** passed' },
        status: 201,
        answer: {
          manner: 'json',
          value: written(13, '**Build 8** passed', {
            format: 'markdown',
            text: 'Build 8 passed',
            html: '<div class="rich"><p><b>Build 8</b> passed</p></div>',
          }),
        },
      },
      {
        title: 'A form',
        path: { slug },
        body: { manner: 'form', value: { body: 'Build 9 passed' } },
        status: 201,
        answer: { manner: 'json', value: written(14, 'Build 9 passed') },
      },
      {
        title: 'A file',
        path: { slug },
        body: { manner: 'multipart', value: { body: 'The log', attachment: ['build.log'] } },
        status: 201,
        answer: {
          manner: 'json',
          value: written(15, 'The log', {
            attachments: [
              {
                ...{ id: MINTED.file, name: 'build.log', type: 'text/plain', bytes: 7, width: null, height: null },
                ...{ url: `/files/${MINTED.file}/build.log`, thumb_url: null },
              },
            ],
          }),
        },
      },
      {
        title: 'Nothing',
        path: { slug },
        body: { manner: 'json', value: { body: '' } },
        status: 422,
        answer: {
          manner: 'json',
          value: problem(422, 'Unprocessable Entity', 'invalid', 'Message is empty: write something first.', 'body'),
        },
      },
    ],
  },
];
