import { membersQuery } from '../../groups/forms.ts';
import type { Operation } from '../operation.ts';
import { ANN, BOB, BOT, EVE, member, membership, problem } from '../samples.ts';

const slug = 'team';
const json = 'json' as const;

/** The members of a group. */
export const membersTable: readonly Operation[] = [
  {
    id: 'listMembers',
    method: 'get',
    path: '/groups/{slug}/members',
    tag: 'Members',
    access: 'member',
    summary: 'List members',
    description: 'Members who have the group open first, then by name. Without disabled accounts.',
    query: membersQuery,
    responses: {
      200: {
        description: 'The members. As text: name, `here` or `away`, and role, between tabs.',
        schema: 'Member',
        list: true,
        media: ['json', 'text'],
      },
    },
    examples: [
      {
        title: 'Members',
        path: { slug },
        status: 200,
        answer: { media: json, value: [member(ANN, { admin: true, role: 'moderator' }), member(BOB), member(BOT, { bot: true })] },
      },
      {
        title: 'For a shell',
        path: { slug },
        status: 200,
        answer: { media: 'text', value: 'Ann\taway\tmoderator\nBob\taway\tmember\ndeploy\taway\tbot\n' },
      },
    ],
  },
  {
    id: 'changeMember',
    method: 'post',
    path: '/groups/{slug}/members',
    tag: 'Members',
    access: 'moderator',
    summary: 'Add, remove, or leave',
    description: '`leave` is for every member, the other actions for those who manage the group.',
    body: { schema: 'MemberChange', media: ['json', 'form', 'multipart'] },
    responses: {
      200: { description: 'The membership as it is now. As text: 204 without a body.', schema: 'Membership', media: ['json'] },
    },
    problems: { 403: 'You do not manage the group.', 409: 'Its last moderator cannot leave.', 422: 'There is nobody of this name.' },
    examples: [
      {
        title: 'Add',
        path: { slug },
        body: { media: json, value: { action: 'add', name: 'Eve' } },
        status: 200,
        answer: { media: json, value: membership(true) },
      },
      {
        title: 'Remove',
        path: { slug },
        body: { media: json, value: { action: 'remove', user: EVE.id } },
        status: 200,
        answer: { media: json, value: membership(false) },
      },
      {
        title: 'Nobody of this name',
        path: { slug },
        body: { media: json, value: { action: 'add', name: 'Nobody' } },
        status: 422,
        answer: { media: json, value: problem(422, 'Unprocessable Entity', 'invalid', 'There is no user named Nobody.', 'name') },
      },
    ],
  },
];
