/** Every template with locals as the routes give them: what the gallery shows and the tests render. */
export type Sample = { readonly name: string; readonly template: string; readonly locals: Record<string, unknown> };

type Person = { readonly id: string; readonly name: string; readonly color: number; readonly admin: boolean };

const NOW = Date.UTC(2025, 10, 21, 14, 2);
const viewer = { id: 'ann0000000000000', name: 'Ann', color: 7, admin: true };
const people: [Person, Person, Person, Person] = [
  viewer,
  { id: 'bob0000000000000', name: 'Bob Marsh', color: 1, admin: false },
  { id: 'eve0000000000000', name: 'Éva Lindqvist', color: 10, admin: false },
  { id: 'niki000000000000', name: 'Νίκη', color: 4, admin: false },
];
const echo = { id: 'echo000000000000', name: 'echo', color: 5, admin: false };

const common = { viewer, nonce: 'n0nce', flash: null, path: '/groups', title: 'Lobby', dev: false };
const visitor = { ...common, viewer: null, path: '/', title: 'Welcome' };

let seq = 0;
const row = (by: Person, time: string, html: string, more: object = {}) => {
  seq += 1;
  const day = seq < 4 ? '2025-11-20' : '2025-11-21';
  return {
    slug: 'lobby',
    seq,
    rev: seq,
    author: { id: by.id, name: by.name, color: by.color, bot: by.id === echo.id },
    as: null,
    icon: null,
    iso: `${day}T${time}:00.000Z`,
    time,
    day,
    dayLabel: seq < 4 ? 'Thursday, 20 November 2025' : 'Friday, 21 November 2025',
    html,
    edited: false,
    erased: false,
    undoBy: null,
    reactions: [],
    ...more,
  };
};
const line = (time: string, text: string) => ({ ...row(echo, time, ''), author: null, text });
const [ann, bob, eve, niki] = people;

export const rows = [
  line('09:11', 'Ann added Bob Marsh'),
  row(bob, '09:12', 'Morning! Is the staging box meant to be this quiet?'),
  row(ann, '09:14', 'It is. I took the old worker down last night, the new one starts at ten.'),
  row(bob, '09:02', 'Release notes are up: <a href="https://example.org/notes/4">https://example.org/notes/4</a>', {
    reactions: [
      { emoji: '👍', count: 2, by: `${eve.id} ${ann.id}`, names: 'Éva Lindqvist, Ann' },
      { emoji: '🎉', count: 1, by: niki.id, names: 'Νίκη' },
    ],
  }),
  row(bob, '09:03', 'Shout if something reads wrong.'),
  row(eve, '09:20', 'Reads well. Two small things:\n– the third heading says “Febuary”\n– we renamed “rooms” to “groups” everywhere else', {
    edited: true,
  }),
  row(echo, '09:41', 'Build 1182 passed in 3 min 12 s on main (4f21c9e)', { as: 'deploy' }),
  row(
    echo,
    '09:42',
    '<div class="rich"><p>Deploy of <b>web</b></p><div class="slip c-5"><p class="by">ci</p><p class="headline"><b><a href="https://ci.example.org/7" rel="noopener noreferrer nofollow" target="_blank">Build 7</a></b></p><p>It took <code>3 min</code></p><dl><div class="short"><dt>Branch</dt><dd><p>main</p></dd></div><div class="short"><dt>Commit</dt><dd><p>4f21c9e</p></dd></div></dl><pre><code>ok 412 - all of them\nok 413</code></pre><p class="actions"><a href="https://ci.example.org/7/log" rel="noopener noreferrer nofollow" target="_blank">Log</a></p><p><small>ci · 21 Nov 2025, 09:42 UTC</small></p></div></div>',
    { as: 'deploy', icon: '🚀' },
  ),
  row(niki, '09:44', 'Καλημέρα. <span class="mention" data-user="ann0000000000000">@Ann</span> could you look at the import before noon?'),
  row(ann, '09:45', 'Yes, after the call.', { reactions: [{ emoji: '❤️', count: 1, by: niki.id, names: 'Νίκη' }] }),
  row(ann, '09:46', 'I will write here when it is through.'),
  row(eve, '09:50', '', { erased: true }),
  row(ann, '09:52', '', { erased: true, undoBy: ann.id }),
  row(
    bob,
    '14:01',
    'Here is the long one I promised: when a reader falls behind we close the socket and let it come back with its cursor, so that nobody holds a megabyte for somebody who left for lunch. It reads the gap from the store and goes on as if nothing had happened.',
  ),
];

const group = { id: 'g00', slug: 'lobby', name: 'Lobby', topic: 'Everything that has no better place', open: true, archived: false };
const members = [
  ...people.map((person, index) => ({
    ...person,
    bot: false,
    role: index === 1 ? 'moderator' : 'member',
    present: index < 3 && index !== 1,
  })),
  { ...echo, bot: true, role: 'member', present: false },
];
const sidebar = [
  { slug: 'lobby', name: 'Lobby', unread: 0, current: true },
  { slug: 'design', name: 'Design', unread: 3, current: false },
  { slug: 'release-train', name: 'Release train', unread: 0, current: false },
  { slug: 'night-shift', name: 'Night shift', unread: 128, current: false },
];
const composer = { body: '', key: 'k3y', error: null };
const live = { url: '/groups/lobby/events?after=13', frame: '/groups/lobby/live' };
const show = {
  ...common,
  group,
  rows,
  members,
  sidebar,
  composer,
  older: '/groups/lobby?before=1',
  newer: null,
  mayPost: true,
  mayManage: true,
  moderator: true,
  live,
};
const signup = { name: '', error: null, code: '', needsCode: false, closed: false };
const login = { name: '', error: null };
const groups = [
  {
    slug: 'lobby',
    name: 'Lobby',
    topic: '',
    unread: 0,
    archived: false,
    last: { author: 'Bob Marsh', text: 'Here is the long one I promised: when a reader falls behind we close the socket', at: NOW },
  },
  {
    slug: 'design',
    name: 'Design',
    topic: 'Type and colour',
    unread: 3,
    archived: false,
    last: { author: 'Éva Lindqvist', text: 'New icons are in', at: NOW - 7_200_000 },
  },
  { slug: 'old', name: 'Summer party', topic: 'Done and dusted', unread: 0, archived: true, last: null },
];
const index = {
  ...common,
  title: 'Groups',
  groups,
  open: [{ slug: 'books', name: 'Book club', topic: 'One a month', memberCount: 12 }],
  create: { name: '', open: false, error: null },
  join: { code: '', error: null },
  mayCreate: true,
};
const settings = {
  ...common,
  path: '/settings',
  title: 'Settings',
  tokens: [
    { id: 'a1b2', prefix: 'Xk3pQ9aa', createdAt: NOW - 864e5, lastUsedAt: NOW },
    { id: 'c3d4', prefix: 'm0LtR7bb', createdAt: NOW, lastUsedAt: null },
  ],
  newToken: null,
  passwordError: null,
};
export const edit = { slug: 'lobby', seq: 3, body: 'It is. I took the old worker down last night.', key: 'k3y', error: null };
const bot = { id: echo.id, name: 'echo', color: 5, createdAt: NOW, disabled: false };
const botsPage = { ...common, title: 'Bots', group, bots: [bot], create: { name: '', error: null }, made: null };
const made = {
  name: 'echo',
  hook: 'https://chat.example.org/hooks/9fKx2mPq7RtVw4ZsB8nLc3HdJ6gYeA5uTQoX1iNk',
  token: 'Zt8Qm4Xb1Vn6Kc9Lf2Hs5Jd7Ga3Pw0Re8Ty4Ui6O',
  curl: "curl -d 'Hello' https://chat.example.org/hooks/9fKx2mPq7RtVw4ZsB8nLc3HdJ6gYeA5uTQoX1iNk",
};
const wrong = (field: string, message: string) => ({ field, message });

export const pages: readonly Sample[] = [
  { name: 'welcome', template: 'accounts/welcome.njk', locals: { ...visitor, signup, login, returnTo: '' } },
  {
    name: 'welcome-errors',
    template: 'accounts/welcome.njk',
    locals: {
      ...visitor,
      flash: { kind: 'info', text: 'You are logged out.' },
      signup: { ...signup, name: 'Bob', needsCode: true, error: wrong('name', 'Somebody has this name already. Choose another.') },
      login: { name: 'bob', error: wrong('', 'Name or password is wrong.') },
      returnTo: '/groups/lobby',
    },
  },
  { name: 'signup', template: 'accounts/signup.njk', locals: { ...visitor, signup: { ...signup, needsCode: true }, returnTo: '/x?y=1' } },
  { name: 'signup-closed', template: 'accounts/signup.njk', locals: { ...visitor, signup: { ...signup, closed: true }, returnTo: '' } },
  { name: 'login', template: 'accounts/login.njk', locals: { ...visitor, login, returnTo: '' } },
  { name: 'logout', template: 'accounts/logout.njk', locals: { ...visitor, title: 'Log out' } },
  { name: 'settings', template: 'accounts/settings.njk', locals: settings },
  {
    name: 'settings-new-token',
    template: 'accounts/settings.njk',
    locals: { ...settings, tokens: [], newToken: made.token, passwordError: wrong('current', 'That is not your password.') },
  },
  { name: 'groups', template: 'groups/index.njk', locals: index },
  {
    name: 'groups-none',
    template: 'groups/index.njk',
    locals: {
      ...index,
      viewer: { ...viewer, admin: false },
      groups: [],
      open: [],
      mayCreate: false,
      join: { code: 'abc', error: wrong('code', 'No group has this code.') },
      flash: { kind: 'info', text: 'Welcome to Parley, Ann.' },
    },
  },
  { name: 'chat', template: 'groups/show.njk', locals: show },
  {
    name: 'chat-empty',
    template: 'groups/show.njk',
    locals: {
      ...show,
      rows: [],
      older: null,
      moderator: false,
      mayManage: false,
      composer: { ...composer, error: 'Write something first.' },
    },
  },
  {
    name: 'chat-archived',
    template: 'groups/show.njk',
    locals: {
      ...show,
      viewer: { ...viewer, admin: false },
      group: { ...group, archived: true, topic: '' },
      mayPost: false,
      mayManage: false,
      moderator: false,
      live: null,
      newer: '/groups/lobby?after=13',
    },
  },
  {
    name: 'members',
    template: 'groups/members.njk',
    locals: { ...common, group, members, mayManage: true, add: { name: '', error: null } },
  },
  {
    name: 'members-plain',
    template: 'groups/members.njk',
    locals: { ...common, group, members, mayManage: false, add: { name: '', error: null } },
  },
  { name: 'group-settings', template: 'groups/settings.njk', locals: { ...common, group, code: 'hK3p-9Qwz-Lm2v', error: null } },
  {
    name: 'group-settings-errors',
    template: 'groups/settings.njk',
    locals: { ...common, group: { ...group, open: false, archived: true }, code: 'x', error: wrong('topic', 'At most 200 characters.') },
  },
  { name: 'bots', template: 'bots/index.njk', locals: { ...botsPage, made } },
  {
    name: 'hook',
    template: 'bots/hook.njk',
    locals: {
      ...visitor,
      title: 'A webhook of echo for Lobby',
      bot: 'echo',
      group: 'Lobby',
      says: 'Whoever knows this address can post here: keep it to yourself.',
      lines: [{ what: 'A text', line: `curl -d "Disk 91% full on db1" ${made.hook}` }],
      others: [{ what: 'Rocket.Chat', line: made.hook.replace('/hooks/', '/hooks/parley/') }],
    },
  },
  { name: 'bots-none', template: 'bots/index.njk', locals: { ...botsPage, bots: [] } },
  { name: 'edit', template: 'messages/edit.njk', locals: { ...common, group, edit: { ...edit, error: 'Write something first.' } } },
  {
    name: 'message',
    template: 'messages/show.njk',
    locals: { ...common, group, row: rows[3], moderator: false, members: [], context: '/groups/lobby?around=4#m-4' },
  },
  {
    name: 'admin',
    template: 'admin/index.njk',
    locals: {
      ...common,
      path: '/admin',
      title: 'Administration',
      users: people.map((person, at) => ({ ...person, disabled: at === 2, createdAt: NOW })),
      groups: [
        { slug: 'lobby', name: 'Lobby', open: true, archived: false, memberCount: 5, messageCount: 1402 },
        { slug: 'old', name: 'Summer party', open: false, archived: true, memberCount: 9, messageCount: 88 },
      ],
      bots: [bot],
    },
  },
  { name: 'admin-empty', template: 'admin/index.njk', locals: { ...common, path: '/admin', users: [], groups: [], bots: [] } },
  {
    name: 'error',
    template: 'error.njk',
    locals: {
      ...common,
      status: 404,
      heading: 'There is nothing here',
      message: 'Or it is not for you to see.',
      requestId: 'r-7f3a',
      back: '/groups',
      again: null,
    },
  },
  {
    name: 'error-visitor',
    template: 'error.njk',
    locals: {
      ...visitor,
      status: 500,
      heading: 'Something broke',
      message: 'It is not your fault.',
      requestId: null,
      back: null,
      again: null,
    },
  },
  {
    name: 'error-again',
    template: 'error.njk',
    locals: {
      ...common,
      status: 503,
      heading: 'Service Unavailable',
      message: 'The store does not answer. Try again in a moment.',
      requestId: 'r-7f3b',
      back: '/groups',
      again: { action: '/groups/lobby/messages', body: 'Half an hour of typing.', key: 'k3y' },
    },
  },
  { name: 'frame', template: 'messages/frame.njk', locals: { viewer, moderator: true, nonce: 'n0nce', members, group } },
];

export const partials: readonly Sample[] = [
  ...rows.flatMap((each) =>
    each.author === null ? [] : [{ name: `row-${each.seq}`, template: 'messages/_row.njk', locals: { row: each } }],
  ),
  { name: 'line', template: 'messages/_line.njk', locals: { line: rows[0] } },
  { name: 'typing', template: 'messages/_typing.njk', locals: { typists: [{ id: 'u-1', name: 'Ann' }], several: false } },
  { name: 'day', template: 'messages/_day.njk', locals: { day: '2025-11-21', dayLabel: 'Friday, 21 November 2025' } },
  { name: 'members', template: 'groups/_members.njk', locals: { members } },
  { name: 'sidebar', template: 'groups/_sidebar.njk', locals: { sidebar } },
  { name: 'edit', template: 'messages/_edit.njk', locals: { edit } },
  { name: 'composer', template: 'messages/_composer.njk', locals: { group, composer, live } },
  { name: 'flash', template: '_flash.njk', locals: { flash: { kind: 'error', text: 'No.' } } },
  { name: 'error', template: '_error.njk', locals: { status: 422, heading: 'Not posted', message: 'Write something first.' } },
];
