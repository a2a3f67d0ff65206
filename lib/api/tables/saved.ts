import { savedQuery } from '../../messages/forms.ts';
import type { Operation } from '../operation.ts';
import { AT, pinned, SEQ } from '../samples.ts';

const slug = 'team';
const MESSAGE = '/groups/{slug}/messages/{seq}';

/** Messages that a person saves for later. */
export const savedTable: readonly Operation[] = [
  {
    id: 'save',
    method: 'post',
    path: `${MESSAGE}/save`,
    tag: 'Saved',
    access: 'member',
    summary: 'Save a message for yourself',
    description: 'Visible only to you, 1,000 at most. `on=0` removes it.',
    body: { schema: 'SaveSwitch', media: ['json', 'form', 'multipart'], optional: true },
    responses: {
      200: { description: 'Whether it is saved now. As text: 204 without a body.', schema: 'SaveState', media: ['json'] },
    },
    problems: { 403: 'It is erased, or you have saved a thousand.' },
    examples: [
      {
        title: 'Save it',
        path: { slug, seq: SEQ.bobs },
        body: { media: 'json', value: { on: '1' } },
        status: 200,
        answer: { media: 'json', value: { saved: true, url: `/groups/team/messages/${SEQ.bobs}` } },
      },
    ],
  },
  {
    id: 'listSaved',
    method: 'get',
    path: '/saved',
    tag: 'Saved',
    access: 'token',
    summary: 'List saved messages',
    description: 'Most recently saved first; without those in groups that you left.',
    query: savedQuery,
    responses: {
      200: {
        description: 'The messages. As text: the group’s slug before each.',
        schema: 'SavedPage',
        media: ['json', 'text'],
        headers: { Link: 'The next page.' },
      },
    },
    problems: { 422: '' },
    examples: [
      {
        title: 'What is saved',
        status: 200,
        answer: {
          media: 'json',
          value: {
            results: [{ ...pinned(27, true), group_name: 'Team', saved_at: AT, context: `/groups/team?around=${SEQ.bobs}#m-${SEQ.bobs}` }],
            next: null,
          },
        },
      },
    ],
  },
];
