import type { Operation } from '../operation.ts';
import { AT, GARDEN, group, MINTED, NOTHING_HERE } from '../samples.ts';

const slug = 'team';
const json = 'json' as const;
const MANAGED = {
  description: 'The group as it is now. As text, after a change: 204 without a body.',
  schema: 'ManagedGroup',
  media: ['json'],
} as const;
const managed = {
  ...group({ role: 'moderator' }),
  ...{ code: MINTED.code, invite: `/join/${MINTED.code}`, code_expires_at: null, code_uses_left: null },
};
const FRESH = { messages: 0, unread: 0, topic: '' };

/** List, create, join and change groups. */
export const groupsTable: readonly Operation[] = [
  {
    id: 'listGroups',
    method: 'get',
    path: '/groups',
    tag: 'Groups',
    access: 'token',
    summary: 'My groups',
    responses: {
      200: { description: 'The groups. As text: `slug unread` lines.', schema: 'MyGroup', list: true, media: ['json', 'text'] },
    },
    examples: [
      {
        title: 'My groups',
        status: 200,
        answer: { media: json, value: [{ ...group(), last: { seq: 7, author: 'Bob', text: 'Is 6 out?', at: AT } }] },
      },
      { title: 'For a shell', status: 200, answer: { media: 'text', value: 'team 3\n' } },
    ],
  },
  {
    id: 'createGroup',
    method: 'post',
    path: '/groups',
    tag: 'Groups',
    access: 'person',
    summary: 'Create a group',
    description: 'The creator is its first moderator. Bots cannot create groups.',
    body: { schema: 'NewGroup', media: ['json', 'form', 'multipart'] },
    responses: {
      201: {
        description: 'The group. As text: its URL.',
        schema: 'Group',
        media: ['json', 'text'],
        headers: { Location: 'Its URL.' },
      },
    },
    problems: { 403: 'The token is a bot’s.', 422: '' },
    examples: [
      {
        title: 'Create',
        body: { media: json, value: { name: 'Launch' } },
        status: 201,
        answer: {
          media: json,
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
    description: 'By its code, or an open group by its slug. Bots are added by a moderator.',
    body: { schema: 'Joining', media: ['json', 'form', 'multipart'] },
    responses: {
      200: {
        description: 'The group. As text: its URL.',
        schema: 'Group',
        media: ['json', 'text'],
        headers: { Location: 'Its URL.' },
      },
    },
    problems: { 403: 'The token is a bot’s.', 404: 'There is no open group of this slug.', 422: 'No group has this code.', 429: '' },
    examples: [
      {
        title: 'Join an open group',
        body: { media: json, value: { slug: 'garden' } },
        status: 200,
        answer: { media: json, value: group({ ...FRESH, ...GARDEN, open: true, messages: 1, unread: 1, url: '/groups/garden' }) },
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
    responses: { 200: { description: 'The group. As text: its newest messages.', schema: 'Group', media: ['json', 'text'] } },
    examples: [
      { title: 'One group', path: { slug }, status: 200, answer: { media: json, value: group() } },
      { title: 'None, or not yours', path: { slug: 'board' }, status: 404, answer: { media: json, value: NOTHING_HERE } },
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
    responses: { 200: MANAGED },
    examples: [{ title: 'Settings', path: { slug }, status: 200, answer: { media: json, value: group() } }],
  },
  {
    id: 'changeSettings',
    method: 'post',
    path: '/groups/{slug}/settings',
    tag: 'Groups',
    access: 'moderator',
    summary: 'Change settings',
    description: 'Group settings are for those who manage the group; `level` and `hide` are your own settings.',
    body: { schema: 'SettingsChange', media: ['json', 'form', 'multipart'] },
    responses: { 200: MANAGED },
    problems: { 403: 'You do not manage the group.', 422: '' },
    examples: [
      {
        title: 'Set the topic',
        path: { slug },
        body: { media: json, value: { action: 'topic', topic: 'Release 7' } },
        status: 200,
        answer: { media: json, value: { ...managed, topic: 'Release 7' } },
      },
    ],
  },
];
