import { searchQuery } from '../search/routes.ts';
import type { Operation } from './operation.ts';
import { GARDEN, group, MINTED } from './samples.ts';

const json = 'json' as const;
const FRESH = { messages: 0, unread: 0, topic: '' };
const talk = group({
  ...{
    ...FRESH,
    id: MINTED.direct,
    number: 5,
    slug: `dm-${MINTED.direct}`,
    name: 'Bob',
    kind: 'direct',
    url: `/groups/dm-${MINTED.direct}`,
  },
  level: 'everything',
});
const garden = group({ ...FRESH, ...GARDEN, open: true, messages: 1, unread: 1, url: '/groups/garden' });

/** Ways in besides a group's own address: direct messages, invitations, what was said anywhere, files. */
export const placesTable: readonly Operation[] = [
  {
    id: 'startDirect',
    method: 'post',
    path: '/direct',
    tag: 'Groups',
    access: 'token',
    summary: 'Open direct messages',
    description: 'With the same people there is one group for ever. It takes all that a group does.',
    body: { as: 'DirectStart', manners: ['json', 'form', 'multipart'] },
    replies: {
      201: { what: 'It is new. As text: its address.', as: 'Group', manners: ['json', 'text'] },
      200: { what: 'It was there.', as: 'Group', manners: ['json', 'text'] },
    },
    problems: { 403: '', 422: 'There is nobody of this name.' },
    examples: [
      { title: 'With one', body: { manner: json, value: { with: 'Bob' } }, status: 201, answer: { manner: json, value: talk } },
      { title: 'Again', body: { manner: json, value: { with: ['Bob'] } }, status: 200, answer: { manner: json, value: talk } },
    ],
  },
  {
    id: 'listDirect',
    method: 'get',
    path: '/direct',
    tag: 'Groups',
    access: 'token',
    summary: 'My direct messages',
    replies: {
      200: { what: 'All of them. As text: slug, unread and name, between tabs.', as: 'MyGroup', list: true, manners: ['json', 'text'] },
    },
    examples: [{ title: 'Direct messages', status: 200, answer: { manner: json, value: [{ ...talk, last: null }] } }],
  },
  {
    id: 'readInvitation',
    method: 'get',
    path: '/join/{code}',
    tag: 'Groups',
    access: 'public',
    summary: 'Look at an invitation',
    replies: { 200: { what: 'What it leads to. As text: its name.', as: 'Invitation', manners: ['json', 'text'] } },
    problems: { 429: '' },
    examples: [
      {
        title: 'Look',
        path: { code: 'CODE' },
        status: 200,
        answer: { manner: json, value: { name: GARDEN.name, topic: '', members: 2, in: false } },
      },
    ],
  },
  {
    id: 'acceptInvitation',
    method: 'post',
    path: '/join/{code}',
    tag: 'Groups',
    access: 'person',
    summary: 'Accept an invitation',
    replies: { 200: { what: 'The group. As text: its address.', as: 'Group', manners: ['json', 'text'] } },
    problems: { 403: 'A bot asks.' },
    examples: [{ title: 'Accept', path: { code: 'CODE' }, status: 200, answer: { manner: json, value: garden } }],
  },
  {
    id: 'search',
    method: 'get',
    path: '/search',
    tag: 'Search',
    access: 'token',
    summary: 'Search',
    description: 'In all groups that you are in, the newest first.',
    query: searchQuery,
    replies: {
      200: {
        what: 'What was found. As text: its address and the message.',
        as: 'SearchPage',
        manners: ['json', 'text'],
        headers: { Link: 'The page behind this one.' },
      },
    },
    problems: { 422: 'The cursor is none.' },
    examples: [
      {
        title: 'A word',
        query: { q: 'release', limit: 5 },
        status: 200,
        answer: { manner: 'text', value: '/groups/team/messages/12 deploy: Release 7 is out, @Bob: have a look\n' },
      },
    ],
  },
  {
    id: 'readFile',
    method: 'get',
    path: '/files/{file}',
    tag: 'Messages',
    access: 'person',
    summary: 'Read a file',
    description: 'For members of its group, as long as its message is there. `Range` is obeyed; a picture has a small copy at `thumb_url`.',
    replies: { 200: { what: 'The file. Pictures, sound and film come as what they are.', manners: ['file'] } },
    examples: [{ title: 'A file', path: { file: 'FILE' }, status: 200, answer: { manner: 'file' } }],
  },
];
