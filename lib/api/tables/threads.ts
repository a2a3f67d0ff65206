import { threadQuery } from '../../messages/forms.ts';
import type { Operation } from '../operation.ts';
import { author, BOB, message, SEQ } from '../samples.ts';

/** Threads. */
export const threadsTable: readonly Operation[] = [
  {
    id: 'readThread',
    method: 'get',
    path: '/groups/{slug}/messages/{seq}/thread',
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
        path: { slug: 'team', seq: SEQ.bobs },
        status: 200,
        answer: { media: 'json', value: [message(SEQ.bobs, 'Is 6 out?', { author: author(BOB) })] },
      },
    ],
  },
];
