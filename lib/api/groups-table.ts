import { membersQuery } from '../groups/forms.ts';
import type { Operation } from './operation.ts';
import { ANN, AT, BOB, BOT, EVE, GARDEN, GROUP, group, MINTED, member, membership, NOTHING_HERE, problem } from './samples.ts';

const slug = 'team';
const json = 'json' as const;
const MANAGED = { what: 'The group as it is now.', as: 'ManagedGroup', manners: ['json'] } as const;
const managed = {
  ...group({ role: 'moderator' }),
  ...{ code: MINTED.code, invite: `/join/${MINTED.code}`, code_expires_at: null, code_uses_left: null },
};
const FRESH = { messages: 0, unread: 0, topic: '' };

/** Where messages are, who is there, and who asks. */
export const groupsTable: readonly Operation[] = [
  {
    id: 'me',
    method: 'get',
    path: '/me',
    tag: 'Account',
    access: 'token',
    summary: 'Who am I',
    description: 'The account that the token speaks for, and all that it reaches.',
    replies: { 200: { what: 'The account. As text: its name.', as: 'Me', manners: ['json', 'text'] } },
    examples: [
      {
        title: 'Who am I',
        status: 200,
        answer: {
          manner: json,
          value: {
            ...{ ...BOT, color: 7, admin: false, at: AT },
            token: { prefix: MINTED.prefix, name: null, created_at: AT, last_used_at: AT },
            groups: [{ id: GROUP.id, slug, name: GROUP.name, role: 'member' }],
          },
        },
      },
    ],
  },
  {
    id: 'listGroups',
    method: 'get',
    path: '/groups',
    tag: 'Groups',
    access: 'token',
    summary: 'My groups',
    replies: { 200: { what: 'The groups. As text: `slug unread` lines.', as: 'MyGroup', list: true, manners: ['json', 'text'] } },
    examples: [
      {
        title: 'My groups',
        status: 200,
        answer: { manner: json, value: [{ ...group(), last: { seq: 7, author: 'Bob', text: 'Is 6 out?', at: AT } }] },
      },
      { title: 'For a shell', status: 200, answer: { manner: 'text', value: 'team 3\n' } },
    ],
  },
  {
    id: 'createGroup',
    method: 'post',
    path: '/groups',
    tag: 'Groups',
    access: 'person',
    summary: 'Create a group',
    description: 'Who creates it is its first moderator. Bots create none.',
    body: { as: 'NewGroup', manners: ['json', 'form', 'multipart'] },
    replies: {
      201: { what: 'The group. As text: its address.', as: 'Group', manners: ['json', 'text'], headers: { Location: 'Its address.' } },
    },
    problems: { 403: 'A bot asks.', 422: '' },
    examples: [
      {
        title: 'Create',
        body: { manner: json, value: { name: 'Launch' } },
        status: 201,
        answer: {
          manner: json,
          value: group({ ...FRESH, id: MINTED.group, number: 4, slug: 'launch', name: 'Launch', role: 'moderator', url: '/groups/launch' }),
        },
      },
    ],
  },
  {
    id: 'joinGroup',
    method: 'post',
    path: '/groups/join',
    tag: 'Groups',
    access: 'person',
    summary: 'Join a group',
    description: 'By its code, or by its slug where it is open. Bots are added by a moderator.',
    body: { as: 'Joining', manners: ['json', 'form', 'multipart'] },
    replies: {
      200: { what: 'The group. As text: its address.', as: 'Group', manners: ['json', 'text'], headers: { Location: 'Its address.' } },
    },
    problems: { 403: 'A bot asks.', 422: 'No group has this code.', 429: '' },
    examples: [
      {
        title: 'Join an open group',
        body: { manner: json, value: { slug: 'garden' } },
        status: 200,
        answer: { manner: json, value: group({ ...FRESH, ...GARDEN, open: true, messages: 1, unread: 1, url: '/groups/garden' }) },
      },
    ],
  },
  {
    id: 'readGroup',
    method: 'get',
    path: '/groups/{slug}',
    tag: 'Groups',
    access: 'member',
    summary: 'One group',
    replies: { 200: { what: 'The group. As text: its newest messages.', as: 'Group', manners: ['json', 'text'] } },
    examples: [
      { title: 'One group', path: { slug }, status: 200, answer: { manner: json, value: group() } },
      { title: 'None, or not yours', path: { slug: 'board' }, status: 404, answer: { manner: json, value: NOTHING_HERE } },
    ],
  },
  {
    id: 'listMembers',
    method: 'get',
    path: '/groups/{slug}/members',
    tag: 'Groups',
    access: 'member',
    summary: 'Who is in a group',
    description: 'Those who have it open first, then by name. Disabled accounts are left out.',
    query: membersQuery,
    replies: {
      200: {
        what: 'The members. As text: name, `here` or `away`, and role, between tabs.',
        as: 'Member',
        list: true,
        manners: ['json', 'text'],
      },
    },
    examples: [
      {
        title: 'Members',
        path: { slug },
        status: 200,
        answer: { manner: json, value: [member(ANN, { admin: true, role: 'moderator' }), member(BOB), member(BOT, { bot: true })] },
      },
      {
        title: 'For a shell',
        path: { slug },
        status: 200,
        answer: { manner: 'text', value: 'Ann\taway\tmoderator\nBob\taway\tmember\ndeploy\taway\tbot\n' },
      },
    ],
  },
  {
    id: 'changeMember',
    method: 'post',
    path: '/groups/{slug}/members',
    tag: 'Groups',
    access: 'moderator',
    summary: 'Add, remove, or leave',
    description: '`leave` is for every member; the rest is for those who manage the group.',
    body: { as: 'MemberChange', manners: ['json', 'form', 'multipart'] },
    replies: {
      200: { what: 'How the one stands to the group now.', as: 'Membership', manners: ['json'] },
      204: { what: 'Done (to all but JSON).', manners: ['none'] },
    },
    problems: { 403: 'You do not manage the group.', 409: 'Its last moderator cannot leave.', 422: 'There is nobody of this name.' },
    examples: [
      {
        title: 'Add',
        path: { slug },
        body: { manner: json, value: { action: 'add', name: 'Eve' } },
        status: 200,
        answer: { manner: json, value: membership(true) },
      },
      {
        title: 'Remove',
        path: { slug },
        body: { manner: json, value: { action: 'remove', user: EVE.id } },
        status: 200,
        answer: { manner: json, value: membership(false) },
      },
      {
        title: 'Nobody of this name',
        path: { slug },
        body: { manner: json, value: { action: 'add', name: 'Nobody' } },
        status: 422,
        answer: { manner: json, value: problem(422, 'Unprocessable Entity', 'invalid', 'There is nobody named Nobody.', 'name') },
      },
    ],
  },
  {
    id: 'readSettings',
    method: 'get',
    path: '/groups/{slug}/settings',
    tag: 'Groups',
    access: 'member',
    summary: 'Settings of a group',
    description: 'With its join code for those who manage the group.',
    replies: { 200: MANAGED },
    examples: [{ title: 'Settings', path: { slug }, status: 200, answer: { manner: json, value: group() } }],
  },
  {
    id: 'changeSettings',
    method: 'post',
    path: '/groups/{slug}/settings',
    tag: 'Groups',
    access: 'moderator',
    summary: 'Change settings',
    description: 'What the group is, for those who manage it; with `level` and `hide`, what it is to you, for every member.',
    body: { as: 'SettingsChange', manners: ['json', 'form', 'multipart'] },
    replies: { 200: MANAGED, 204: { what: 'Done (to all but JSON).', manners: ['none'] } },
    problems: { 403: 'You do not manage the group.', 422: '' },
    examples: [
      {
        title: 'Set the topic',
        path: { slug },
        body: { manner: json, value: { action: 'topic', topic: 'Release 7' } },
        status: 200,
        answer: { manner: json, value: { ...managed, topic: 'Release 7' } },
      },
    ],
  },
];
