import { searchQuery } from '../../search/routes.ts';
import type { Operation } from '../operation.ts';

/** Search in all groups of the user. */
export const searchTable: readonly Operation[] = [
  {
    id: 'search',
    method: 'get',
    path: '/search',
    tag: 'Search',
    access: 'token',
    summary: 'Search',
    description: 'In all groups that you are in, newest first.',
    query: searchQuery,
    responses: {
      200: {
        description: 'The messages found. As text: the URL and the message.',
        schema: 'SearchPage',
        media: ['json', 'text'],
        headers: { Link: 'The next page.' },
      },
    },
    problems: { 422: 'Invalid cursor.' },
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
