import type { Operation } from '../operation.ts';
import { AT, BOT, GROUP, MINTED } from '../samples.ts';

const json = 'json' as const;
const slug = 'team';

/** The account of the token. */
export const accountTable: readonly Operation[] = [
  {
    id: 'me',
    method: 'get',
    path: '/me',
    tag: 'Account',
    access: 'token',
    summary: 'The account of the token',
    description: 'With its groups and the details of the token.',
    responses: { 200: { description: 'The account. As text: its name.', schema: 'Me', media: ['json', 'text'] } },
    examples: [
      {
        title: 'The account of the token',
        status: 200,
        answer: {
          media: json,
          value: {
            ...{ ...BOT, color: 7, admin: false, at: AT },
            token: { prefix: MINTED.prefix, name: null, created_at: AT, last_used_at: AT },
            groups: [{ id: GROUP.id, slug, name: GROUP.name, role: 'member' }],
          },
        },
      },
    ],
  },
];
