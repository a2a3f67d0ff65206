import { searchQuery } from '../../search/routes.ts';
import type { Operation } from '../operation.ts';

/** Search in all groups of who asks. */
export const searchTable: readonly Operation[] = [
  {
    id: 'search',
    method: 'get',
    path: '/search',
    tag: 'Search',
    access: 'token',
    summary: 'Search',
    description: 'In all groups that you are in, the newest first.',
    query: searchQuery,
    responses: {
      200: {
        description: 'What was found. As text: its address and the message.',
        schema: 'SearchPage',
        media: ['json', 'text'],
        headers: { Link: 'The page behind this one.' },
      },
    },
    problems: { 422: 'The cursor is none.' },
    examples: [
      {
        title: 'A word',
        query: { q: 'release', limit: 5 },
        status: 200,
        answer: { media: 'text', value: '/groups/team/messages/12 deploy: Release 7 is out, @Bob: have a look\n' },
      },
    ],
  },
];
