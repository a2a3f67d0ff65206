import type { Operation } from '../operation.ts';
import { GARDEN, group } from '../samples.ts';

const json = 'json' as const;
const garden = group({ ...GARDEN, topic: '', open: true, messages: 1, unread: 1, url: '/groups/garden' });

/** Joining a group by its invitation link. */
export const invitationsTable: readonly Operation[] = [
  {
    id: 'readInvitation',
    method: 'get',
    path: '/join/{code}',
    tag: 'Invitations',
    access: 'public',
    summary: 'Read an invitation',
    responses: { 200: { description: 'The group that it leads to. As text: its name.', schema: 'Invitation', media: ['json', 'text'] } },
    problems: { 429: '' },
    examples: [
      {
        title: 'Look',
        path: { code: 'CODE' },
        status: 200,
        answer: { media: json, value: { name: GARDEN.name, topic: '', members: 2, in: false } },
      },
    ],
  },
  {
    id: 'acceptInvitation',
    method: 'post',
    path: '/join/{code}',
    tag: 'Invitations',
    access: 'person',
    summary: 'Accept an invitation',
    responses: { 200: { description: 'The group. As text: its URL.', schema: 'Group', media: ['json', 'text'] } },
    problems: { 403: 'The token is a bot’s.' },
    examples: [{ title: 'Accept', path: { code: 'CODE' }, status: 200, answer: { media: json, value: garden } }],
  },
];
