import type { Operation } from '../operation.ts';
import { group, MINTED } from '../samples.ts';

const json = 'json' as const;
const talk = group({
  ...{ messages: 0, unread: 0, topic: '', level: 'everything' },
  ...{ id: MINTED.direct, number: 5, slug: `dm-${MINTED.direct}`, name: 'Bob', kind: 'direct', url: `/groups/dm-${MINTED.direct}` },
});

/** Direct messages: groups with fixed members. */
export const directTable: readonly Operation[] = [
  {
    id: 'startDirect',
    method: 'post',
    path: '/direct',
    tag: 'Direct',
    access: 'token',
    summary: 'Open direct messages',
    description: 'The same people always get the same group. All operations on groups work with it.',
    body: { schema: 'DirectStart', form: 'DirectStartForm', media: ['json', 'form', 'multipart'] },
    responses: {
      201: { description: 'Created. As text: its URL.', schema: 'Group', media: ['json', 'text'] },
      200: { description: 'It existed already.', schema: 'Group', media: ['json', 'text'] },
    },
    problems: { 403: '', 422: 'There is nobody of this name.' },
    examples: [
      { title: 'With one', body: { media: json, value: { with: 'Bob' } }, status: 201, answer: { media: json, value: talk } },
      { title: 'Again', body: { media: json, value: { with: ['Bob'] } }, status: 200, answer: { media: json, value: talk } },
    ],
  },
  {
    id: 'listDirect',
    method: 'get',
    path: '/direct',
    tag: 'Direct',
    access: 'token',
    summary: 'My direct messages',
    responses: {
      200: {
        description: 'The direct messages. As text: slug, unread and name, between tabs.',
        schema: 'MyGroup',
        list: true,
        media: ['json', 'text'],
      },
    },
    examples: [{ title: 'Direct messages', status: 200, answer: { media: json, value: [{ ...talk, last: null }] } }],
  },
];
