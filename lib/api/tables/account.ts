import type { Operation } from '../operation.ts';
import { AT, BOB, BOT, GROUP, MINTED, problem } from '../samples.ts';

const json = 'json' as const;
const slug = 'team';
const UNTIL = '2026-01-02T13:00:00.000Z';
const person = {
  ...{ ...BOT, display_name: BOT.name, admin: false, disabled: false, color: 7, avatar_url: null, status: null, time_zone: null },
  ...{ groups: [{ id: GROUP.id, slug, name: GROUP.name }], url: `/people/${BOT.id}` },
};

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
            ...{ ...BOT, display_name: BOT.name, avatar_url: null, status: null, color: 7, admin: false, at: AT },
            token: { prefix: MINTED.prefix, name: null, created_at: AT, last_used_at: AT },
            groups: [{ id: GROUP.id, slug, name: GROUP.name, role: 'member' }],
          },
        },
      },
    ],
  },
  {
    id: 'changeProfile',
    method: 'patch',
    path: '/me',
    tag: 'Account',
    access: 'token',
    summary: 'Change your display name and status',
    description: 'What the body does not name stays as it is. The log-in name never changes; `@name` mentions go by it.',
    body: { schema: 'ProfileChange', media: ['json'], optional: true },
    responses: { 200: { description: 'How others see you now.', schema: 'Person', media: ['json'] } },
    problems: { 409: 'The display name looks like the log-in name of somebody else.', 422: '' },
    examples: [
      {
        title: 'A status for a while',
        body: { media: json, value: { status: { emoji: ':rocket:', text: 'Deploying', until: UNTIL } } },
        status: 200,
        answer: { media: json, value: { ...person, status: { emoji: '🚀', text: 'Deploying', until: UNTIL } } },
      },
      {
        title: 'No status',
        body: { media: json, value: { status: { emoji: '', text: '' } } },
        status: 200,
        answer: { media: json, value: person },
      },
      {
        title: "Somebody else's name",
        body: { media: json, value: { display_name: BOB.name } },
        status: 409,
        answer: {
          media: json,
          value: problem(
            409,
            'Conflict',
            'conflict',
            "The display name Bob looks like Bob, which is somebody else's name. Choose another.",
            'display_name',
          ),
        },
      },
    ],
  },
  {
    id: 'getPerson',
    method: 'get',
    path: '/people/{person}',
    tag: 'Account',
    access: 'token',
    summary: 'A person or bot',
    description: 'How others see them, and the groups that both of you are in.',
    responses: { 200: { description: 'The person.', schema: 'Person', media: ['json'] } },
    examples: [
      { title: 'By log-in name', path: { person: BOT.name }, status: 200, answer: { media: json, value: person } },
      {
        title: 'Nobody of this name',
        path: { person: 'Nobody' },
        status: 404,
        answer: { media: json, value: problem(404, 'Not Found', 'notFound', 'There is no such person.') },
      },
    ],
  },
  {
    id: 'getAvatar',
    method: 'get',
    path: '/avatars/{avatar}',
    tag: 'Account',
    access: 'token',
    summary: 'The picture of a person',
    description: '256 × 256 px; with `/small` after it 96 × 96 px. A new picture has a new path, so it may be kept for ever.',
    responses: { 200: { description: 'The picture, WebP.', media: ['webp'] } },
    examples: [{ title: 'A picture', path: { avatar: 'AVATAR' }, status: 200, answer: { media: 'webp' } }],
  },
];
