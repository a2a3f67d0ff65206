import type { Operation } from '../operation.ts';

/** Polls. */
export const pollsTable: readonly Operation[] = [
  {
    id: 'postPoll',
    method: 'post',
    path: '/groups/{slug}/polls',
    tag: 'Actions',
    access: 'member',
    summary: 'Post a poll',
    description:
      'A message with an action for each option, which each member can choose once, and one by which you close the poll. People post polls too; nobody answers their uses.',
    headers: ['Idempotency-Key'],
    body: { schema: 'NewPoll', media: ['json', 'form', 'multipart'] },
    responses: {
      201: {
        description: 'Stored durably. As text: its URL.',
        schema: 'WrittenMessage',
        media: ['json', 'text'],
        headers: { Location: 'The URL of the message.' },
      },
      200: {
        description: 'A request with this key has posted it: the message as it is now.',
        schema: 'WrittenMessage',
        media: ['json', 'text'],
      },
    },
    problems: {
      403: 'The group is archived.',
      409: '',
      413: '',
      422: 'No question; fewer than 2 or more than 20 options, a blank or long one, or two that are the same; or the key stands for something else.',
      429: '',
    },
    examples: [
      {
        title: 'Where to',
        path: { slug: 'team' },
        body: { media: 'json', value: { question: 'Where to?', options: ['The park', 'The pier'] } },
        status: 201,
        answer: { media: 'json' },
      },
    ],
  },
];
