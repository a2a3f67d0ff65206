import { docsOf } from '../../lib/api/page.ts';
import { renderBody } from '../../lib/markup/html.ts';

/** Sample locals of every template, for bin/screenshot-page.ts and the tests. */
export type Sample = { readonly name: string; readonly template: string; readonly locals: Record<string, unknown> };

type Person = { readonly id: string; readonly name: string; readonly color: number; readonly admin: boolean };

const NOW = Date.UTC(2025, 10, 21, 14, 2);
const viewer = { id: 'ann0000000000000', name: 'Ann', login: 'Ann', color: 7, admin: true };
const people: [Person, Person, Person, Person] = [
  viewer,
  { id: 'bob0000000000000', name: 'Bob Marsh', color: 1, admin: false },
  { id: 'eve0000000000000', name: 'Éva Lindqvist', color: 10, admin: false },
  { id: 'niki000000000000', name: 'Νίκη', color: 4, admin: false },
];
const eve0 = people[2].id;
const echo = { id: 'echo000000000000', name: 'echo', color: 5, admin: false };

const look = { theme: '', density: '', timeZone: '', clock: '', quiet: '' };
const inList = (slug: string, name: string, more: object) => ({
  ...{ slug, name, unread: '', mentions: '', current: false, face: null, present: false },
  ...{ muted: false, archived: false, waiting: '', all: false },
  ...more,
});
const sidebar = {
  sections: [
    {
      ...{ id: 'favourites', title: 'Favourites', href: '', all: '', waiting: '' },
      rows: [inList('kitchen', 'Kitchen', {})],
    },
    {
      ...{ id: 'groups', title: 'Groups', href: '/groups', all: 'All groups', waiting: '2' },
      rows: [
        inList('release-train', 'Release train', { unread: '5', mentions: '2' }),
        inList('design', 'Design', { unread: '3' }),
        inList('night-shift', 'Night shift', { unread: '99+' }),
        inList('lobby', 'Lobby', { current: true }),
        inList('news', 'News', { muted: true }),
        inList('old', 'Old', { archived: true }),
      ],
    },
    {
      ...{ id: 'direct', title: 'Direct messages', href: '/direct', all: 'All direct messages', waiting: '' },
      rows: [
        inList('dm-1', 'Éva Lindqvist', { unread: '1', face: { name: 'Éva Lindqvist', color: 10, avatar: null }, present: true }),
        inList('dm-2', 'Bob Marsh, Éva Lindqvist, Νίκη', { face: { name: '3', color: 1, avatar: null } }),
        inList('dm-3', 'Νίκη', { face: { name: 'Νίκη', color: 4, avatar: '/avatars/f0000000000000000000000000/small' } }),
      ],
    },
  ],
  waiting: '2',
  current: 'lobby',
};

const common = { viewer, look, nonce: 'n0nce', flash: null, path: '/groups', title: 'Lobby', dev: false, sidebar };
const visitor = { ...common, viewer: null, path: '/', title: 'Welcome' };

let seq = 0;
const row = (by: Person, time: string, html: string, more: object = {}) => {
  seq += 1;
  const day = seq < 4 ? '2025-11-20' : '2025-11-21';
  return {
    slug: 'lobby',
    seq,
    rev: seq,
    author: {
      id: by.id,
      name: by.name,
      color: by.color,
      bot: by.id === echo.id,
      avatar: by.id === eve0 ? '/avatars/f0000000000000000000000000/small' : null,
    },
    as: null,
    icon: null,
    iso: `${day}T${time}:00.000Z`,
    time,
    day,
    dayLabel: seq < 4 ? 'Thursday, 20 November 2025' : 'Friday, 21 November 2025',
    html,
    files: [],
    edited: false,
    pinned: null,
    erased: false,
    undoBy: null,
    undoSeconds: 0,
    reactions: [],
    actions: [],
    waits: false,
    answers: null,
    thread: null,
    continues: false,
    ...more,
  };
};
const file = (kind: string, name: string, type: string, size: string, place = { width: 1, height: 1 }) => {
  const url = `/files/f0000000000000000000000000/${encodeURIComponent(name)}`;
  return { kind, name, type, size, url, thumb: '/files/f0000000000000000000000000/thumb', ...place, alt: '' };
};
const action = (id: string, label: string, more: object) => ({
  ...{ id, label, style: '', confirm: null, asks: false, open: true, who: null, only: '', by: '', result: null },
  ...more,
});
const result = (text: string, more: object) => ({ text, isDone: false, names: '', iso: '2025-11-21T14:04:30.000Z', count: '', ...more });
const line = (time: string, text: string) => ({ ...row(echo, time, ''), author: null, text });
const [ann, bob, eve, niki] = people;

const MARKDOWN = [
  '# How it reads',
  '> A day in advance.\n> > Two.',
  '- [x] **bold**, *italic*, ~~struck~~, `code`, ||hidden||\n- [ ] https://example.org\n  1. one',
  '| Job | Time |\n|:--|--:|\n| tests on every platform | 12:40 |',
  '```ts\n/** Adds. */\nexport const add = (a: number, b = 0x1f) => a + b * 2;\n```',
  '```diff\n- old\n+ new\n```\n---\n-# small print',
].join('\n\n');

const slots = [0, 1];
const replies = { root: 5, replies: 1, rev: 6, iso: '2025-11-21T09:20:00.000Z' };

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
  row(bob, '09:03', 'Shout if something reads wrong.', { thread: replies }),
  row(eve, '09:20', 'Reads well. Two small things:\n– the third heading says “Febuary”\n– we renamed “rooms” to “groups” everywhere else', {
    answers: { seq: 5, name: 'Bob Marsh', text: 'Shout if something reads wrong.', erased: false },
    edited: true,
    pinned: 'Ann',
  }),
  row(echo, '09:41', 'Build 1182 passed in 3 min 12 s on main (4f21c9e)', { as: 'deploy' }),
  row(
    echo,
    '09:42',
    '<div class="rich"><p>Deploy of <b>web</b></p><div class="slip c-5"><p class="by">ci</p><p class="headline"><b><a href="https://ci.example.org/7" rel="noopener noreferrer nofollow" target="_blank">Build 7</a></b></p><p>It took <code>3 min</code></p><dl><div class="short"><dt>Branch</dt><dd><p>main</p></dd></div><div class="short"><dt>Commit</dt><dd><p>4f21c9e</p></dd></div></dl><pre><code>ok 412 - all of them\nok 413</code></pre><p class="actions"><a href="https://ci.example.org/7/log" rel="noopener noreferrer nofollow" target="_blank">Log</a></p><p><small>ci · 21 Nov 2025, 09:42 UTC</small></p></div></div>',
    { as: 'deploy', icon: '🚀' },
  ),
  row(eve, '09:43', 'The new door, and what it will cost:', {
    files: [
      file('image', 'door & frame.jpg', 'image/jpeg', '2.1 MB', { width: 400, height: 225 }),
      file('file', 'offer <final>.pdf', 'application/pdf', '184 KB'),
    ],
  }),
  row(bob, '09:43', '', {
    files: [file('audio', 'memo.ogg', 'audio/ogg', '312 KB'), file('video', 'walk.webm', 'video/webm', '11 MB')],
  }),
  row(niki, '09:44', 'Καλημέρα. <span class="mention" data-user="ann0000000000000">@Ann</span> could you look at the import before noon?'),
  row(bob, '09:44', renderBody(MARKDOWN, 'markdown', [])),
  row(ann, '09:45', 'Yes, after the call.', { reactions: [{ emoji: '❤️', count: 1, by: niki.id, names: 'Νίκη' }] }),
  row(ann, '09:46', 'I will write here when it is through.'),
  row(eve, '09:50', '', { erased: true }),
  row(ann, '09:52', '', { erased: true, undoBy: ann.id, undoSeconds: 9 }),
  row(
    bob,
    '14:01',
    'Here is the long one I promised: when a reader falls behind we close the socket and let it come back with its cursor, so that nobody holds a megabyte for somebody who left for lunch. It reads the gap from the store and goes on as if nothing had happened.',
  ),
  {
    ...line('14:02', ''),
    fold: {
      summary: 'Éva Lindqvist, Νίκη and 2 others joined',
      lines: [line('14:02', 'Éva Lindqvist joined'), line('14:02', 'Νίκη joined')],
    },
  },
  row(echo, '14:03', 'Deploy 1.4.2 to production?', {
    actions: [
      action('approve', 'Approve', { style: 'primary' }),
      action('reject', 'Reject', { style: 'danger', asks: true }),
      action('cancel', 'Cancel the train', {
        confirm: 'Nothing of this week is shipped. Cancel it?',
        who: 'moderators',
        only: 'moderators',
      }),
      action('hold', 'Hold', { who: `${bob.id} ${eve.id}`, only: 'Bob Marsh, Éva Lindqvist' }),
    ],
    notice: 'Bob Marsh was faster: Approved.',
  }),
  row(echo, '14:04', 'Lunch?', {
    actions: [
      action('in', 'I am in', { by: `${ann.id} ${bob.id}`, result: result('I am in', { names: 'Ann, Bob Marsh' }) }),
      action('vote', 'Vote', { result: result('Vote', { iso: '', count: '7 uses' }) }),
      action('done', 'Close', { open: false, result: result('Closed', { isDone: true, names: 'Ann' }) }),
    ],
    waits: true,
  }),
];

const group = {
  ...{ id: 'g00', kind: 'group', slug: 'lobby', name: 'Lobby', topic: 'Everything that has no better place', open: true, archived: false },
};
const members = [
  ...people.map((person, index) => ({
    ...person,
    shownName: index === 3 ? 'Νίκη Παπαδοπούλου-Κωνσταντινίδου' : person.name,
    avatar: index === 2 ? '/avatars/f0000000000000000000000000/small' : null,
    status: index === 1 ? { emoji: '🌴', text: 'On holiday', until: NOW } : null,
    bot: false,
    role: index === 1 ? 'moderator' : 'member',
    present: index < 3 && index !== 1,
    seen: index === 1 ? { iso: '2025-11-21T13:57:03.004Z', ago: '5 minutes ago' } : null,
  })),
  { ...echo, shownName: echo.name, avatar: null, status: null, bot: true, role: 'member', present: false, seen: null },
];
const input = (id: string, label: string, kind: string, more: object = {}) => ({
  ...{ id, label, kind, hint: null, max: 100, required: true, value: '', options: [], isName: false },
  ...more,
});
const asked = {
  ...{
    slug: 'lobby',
    seq: 3,
    rev: 4,
    id: 'reject',
    label: 'Reject',
    style: 'danger',
    confirm: 'The train stops for everybody.',
    error: null,
  },
  fields: [
    input('why', 'Why', 'textarea', { max: 500, hint: 'Two sentences', value: 'It “fails” on <main>' }),
    input('until', 'Until', 'date', { required: false }),
    input('part', 'Part', 'select', { options: ['All', 'Web'].map((text) => ({ text, value: text })), value: 'Web' }),
    input('ticket', 'Ticket', 'text'),
    input('who', 'Reviewer', 'text', { isName: true }),
  ],
};
const composer = { body: '', reply: null, key: 'k3y', error: null, asksAll: false, maxFiles: 10, fileBytes: 26_214_400 };
const live = { url: '/groups/lobby/events?after=13', frame: '/groups/lobby/live' };
const ephemeral = {
  ...{ id: '2b8d4f6h0k1m3p5r', author: { ...echo, bot: true, avatar: null }, html: '<p>Only Ann can deploy.</p>' },
  ...{ iso: '2025-11-21T14:02:00.000Z', time: '14:02', day: '2025-11-21', dayLabel: 'Friday, 21 November 2025' },
};
const show = {
  ...common,
  group,
  rows,
  members,
  sidebar,
  pins: 2,
  ephemerals: [ephemeral],
  slug: 'lobby',
  favourite: false,
  begin: null,
  composer,
  older: '/groups/lobby?before=1',
  newer: null,
  unread: {
    ...{ seq: 2, count: 37, here: true, iso: '2025-11-21T14:02:00.000Z', time: '14:02' },
    url: '/groups/lobby?around=2&unread=2#unread',
  },
  behind: true,
  mayPost: true,
  mayManage: true,
  moderator: true,
  live,
};
const thread = {
  ...{ ...common, title: 'Thread in Lobby', group, root: 2, rows, members, sidebar, context: '/groups/lobby?around=2#m-2' },
  ...{ follows: true, older: null, newest: null, composer: { ...composer, thread: 2, reply: null }, mayPost: true, moderator: true },
  live: { url: '/groups/lobby/messages/2/thread/events?after=13', frame: '/groups/lobby/messages/2/thread/live' },
};
const later = {
  ...{ id: 's1', at: NOW + 86_400_000, body: 'The boat leaves at nine.', isReminder: false, failed: null },
  group: { slug: 'lobby', name: 'Lobby' },
};
const laterForm = { body: later.body, at: '2025-11-22T08:00', zone: 'UTC', iso: '', replyTo: '', key: '' };
const signup = { name: '', error: null, code: '', needsCode: false, closed: false };
const login = { name: '', error: null, provider: 'Example Ltd', mayReset: true };
const listed = { level: 'mentions', archived: false, hidden: false };
const groups = [
  {
    slug: 'lobby',
    name: 'Lobby',
    topic: '',
    unread: 0,
    ...listed,
    last: { author: 'Bob Marsh', text: 'Here is the long one I promised: when a reader falls behind we close the socket', at: NOW },
  },
  {
    slug: 'design',
    name: 'Design',
    topic: 'Type and colour',
    unread: 3,
    ...listed,
    last: { author: 'Éva Lindqvist', text: 'New icons are in', at: NOW - 7_200_000 },
  },
  { slug: 'old', name: 'Summer party', topic: 'Done and dusted', unread: 0, ...listed, archived: true, last: null },
  { slug: 'news', name: 'News', topic: 'From outside', unread: 31, ...listed, level: 'nothing', last: null },
];
const direct = [
  {
    slug: 'dm-1',
    name: 'Éva Lindqvist',
    topic: '',
    unread: 1,
    ...listed,
    last: { author: 'Éva Lindqvist', text: 'Have you a minute?', at: NOW },
  },
  { slug: 'dm-2', name: 'Bob Marsh, Éva Lindqvist, Νίκη', topic: '', unread: 0, ...listed, hidden: true, last: null },
];
const index = {
  ...common,
  title: 'Groups',
  groups,
  direct: direct.slice(0, 1),
  open: [{ slug: 'books', name: 'Book club', topic: 'One a month', memberCount: 12 }],
  create: { name: '', open: false, error: null },
  join: { code: '', error: null },
  mayCreate: true,
};
const own = { level: 'mentions', favourite: false, hidden: null, mayLeave: true };
const manage = {
  ...{ code: 'hK3p-9Qwz-Lm2v', link: 'https://chat.example.org/join/hK3p-9Qwz-Lm2v', error: null },
  ...{ expiresAt: NOW + 864e5, usesLeft: 3, now: NOW },
};
const invite = { name: 'Book club', topic: 'One a month', memberCount: 12, code: 'hK3p-9Qwz-Lm2v', mayJoin: true };
const admin = {
  ...{ path: '/admin', title: 'Administration', q: '', here: '/admin', counts: { groups: 2, direct: 7 } },
  more: { people: '/admin?people=niki000000000000#people-title', bots: null, groups: null },
};
const secondFactor = {
  ...common,
  title: 'Second factor',
  path: '/settings/second-factor',
  app: { createdAt: NOW - 864e5, lastUsedAt: NOW },
  passkeys: [{ id: 'passkey-x', label: 'Firefox on Linux', createdAt: NOW - 864e5, lastUsedAt: null }],
  mayHavePasskeys: true,
  setup: null,
  codes: 9,
  newCodes: [],
  hasPassword: true,
  isRequired: false,
  isMissing: false,
  failed: '',
  error: null,
};
const settings = {
  ...common,
  path: '/settings',
  title: 'Settings',
  tokens: [
    { id: 'a1b2', name: 'laptop', prefix: 'Xk3pQ9aa', createdAt: NOW - 864e5, lastUsedAt: NOW },
    { id: 'c3d4', name: null, prefix: 'm0LtR7bb', createdAt: NOW, lastUsedAt: null },
  ],
  programs: [
    { id: 'dd44', name: 'Claude', createdAt: NOW - 864e5, lastUsedAt: NOW },
    { id: 'ee55', name: 'Editor', createdAt: NOW, lastUsedAt: null },
  ],
  sessions: [
    { id: 'aa11', device: 'Firefox on Linux', address: '192.0.2.7', since: NOW - 864e5, usedAt: NOW, current: true },
    { id: 'bb22', device: 'Safari on iPhone', address: '2001:db8::7', since: NOW - 864e6, usedAt: NOW - 864e5, current: false },
    { id: 'cc33', device: 'A browser', address: null, since: null, usedAt: null, current: false },
  ],
  newToken: null,
  tokenForm: { name: '', error: null },
  hasFactor: false,
  mail: { address: 'ann@example.org' },
  provider: { name: 'Example Ltd', isConnected: true, hasPassword: true },
  passwordError: null,
  keepsTokens: false,
  push: {
    key: 'BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U',
    devices: [
      { id: 'e5f6', label: 'Firefox on Linux', current: true, createdAt: NOW - 864e5, lastOkAt: NOW, failures: 0 },
      { id: 'a7b8', label: 'Chrome on Android', current: false, createdAt: NOW, lastOkAt: null, failures: 2 },
    ],
  },
};
export const edit = { slug: 'lobby', seq: 3, body: 'It is. I took the old worker down last night.', key: 'k3y', error: null, pictures: [] };
const bot = { id: echo.id, name: 'echo', color: 5, createdAt: NOW, disabled: false };
const botsPage = {
  ...common,
  ...{ title: 'Bots', group, bots: [bot], isAdmin: true, made: null },
  ...{ create: { name: '', error: null }, bring: { name: '', error: null } },
};
const secrets = {
  hook: 'https://chat.example.org/hooks/9fKx2mPq7RtVw4ZsB8nLc3HdJ6gYeA5uTQoX1iNk',
  token: 'Zt8Qm4Xb1Vn6Kc9Lf2Hs5Jd7Ga3Pw0Re8Ty4Ui6O',
};
const made = {
  title: 'echo is ready',
  fields: [
    { id: 'hook', label: 'Hook URL', value: secrets.hook },
    { id: 'token', label: 'Bearer token', value: secrets.token },
    { id: 'campfire', label: 'Key for bots written for Campfire', value: 'echo000000000000-9fKx2mPq7RtV' },
  ],
  curl: `curl -d "Hello from echo" ${secrets.hook}`,
};
const hooked = {
  ...{ url: 'https://bots.example.org/echo', keywords: 'deploy, release', events: [{ value: 'posted', chosen: true }] },
  triggers: [
    { value: 'mention', label: 'messages that name it', chosen: true },
    { value: 'all', label: 'all messages', chosen: false },
  ],
};
const delivery = {
  ...{ id: 'dlv_7Qm4Xb1Vn6Kc9Lf2', event: 'posted', state: 'waiting', reason: null, createdAt: NOW, due: NOW + 60_000, attempts: 2 },
  ...{ status: 500, ms: 312, error: null, url: '/groups/lobby/messages/4', reply: null, seq: 4, group: 'lobby' },
};
const botPage = {
  ...common,
  ...{ title: 'echo', group, bot: { id: echo.id, name: 'echo', color: 5, createdAt: NOW }, isAdmin: true, groups: [group] },
  tokens: [
    { kind: 'hook', prefix: '9fKx2mPq', into: 'Lobby', createdAt: NOW, lastUsedAt: NOW, expiresAt: NOW + 864e5 },
    { kind: 'bearer', prefix: 'Zt8Qm4Xb', into: null, createdAt: NOW, lastUsedAt: null, expiresAt: null },
  ],
  ...{ isEnding: true, secrets: 2, webhook: { url: hooked.url, disabled: null }, form: hooked, refused: null, made },
  deliveries: [
    delivery,
    { ...delivery, id: 'dlv_2', state: 'done', due: null, attempts: 1, status: 200, reply: '/groups/lobby/messages/5' },
    {
      ...delivery,
      id: 'dlv_3',
      state: 'failed',
      reason: 'The URL responded 410 Gone.',
      due: null,
      status: null,
      error: 'timed out',
      ms: null,
    },
  ],
  ...{ older: 'dlv_3', isPaged: false },
};
const hit = (by: Person, where: { slug: string; name: string }, html: string) => ({
  ...{ group: where, author: { ...by, bot: by.id === echo.id }, as: by.id === echo.id ? 'deploy' : null },
  ...{ at: NOW, html, context: `/groups/${where.slug}?before=5#m-4` },
});
const [lobby, design] = [
  { slug: 'lobby', name: 'Lobby' },
  { slug: 'design', name: 'Design' },
];
const found = {
  ...common,
  ...{
    title: 'Search: worker',
    path: '/search',
    q: 'worker in:lobby "<b>"',
    isFirst: true,
    findsPrefixes: true,
    older: '/search?q=worker&cursor=1-a-2',
  },
  hits: [
    hit(ann, lobby, 'It is. I took the old <mark>worker</mark> down last night, the new one starts at ten.'),
    hit(echo, lobby, '…3 min 12 s on main, <mark>worker</mark> pool 4 of 4, &lt;ok&gt; and the <mark>workers</mark> are warm'),
    hit(eve, design, 'The hard hat for the <mark>worker</mark> icon is in, in both sizes'),
    hit(niki, lobby, 'Καλημέρα. Ο <mark>worker</mark> ξεκίνησε.'),
  ],
};
const wrong = (field: string, message: string) => ({ field, message });

export const pages: readonly Sample[] = [
  { name: 'welcome', template: 'accounts/welcome.njk', locals: { ...visitor, signup, login, returnTo: '', from: 'welcome' } },
  {
    name: 'welcome-errors',
    template: 'accounts/welcome.njk',
    locals: {
      ...visitor,
      flash: { kind: 'info', text: 'You are logged out.' },
      signup: { ...signup, name: 'Bob', needsCode: true, error: wrong('name', 'Somebody has this name already. Choose another.') },
      login: { ...login, name: 'bob', error: wrong('', 'Name or password is wrong.') },
      returnTo: '/groups/lobby',
      from: 'welcome',
    },
  },
  {
    name: 'signup',
    template: 'accounts/signup.njk',
    locals: { ...visitor, signup: { ...signup, needsCode: true }, returnTo: '/x?y=1', from: 'signup' },
  },
  {
    name: 'signup-closed',
    template: 'accounts/signup.njk',
    locals: { ...visitor, signup: { ...signup, closed: true }, returnTo: '', from: 'signup' },
  },
  { name: 'login', template: 'accounts/login.njk', locals: { ...visitor, login, returnTo: '', from: 'login' } },
  { name: 'logout', template: 'accounts/logout.njk', locals: { ...visitor, title: 'Log out' } },
  {
    name: 'second-factor-login',
    template: 'accounts/second-factor-login.njk',
    locals: { ...visitor, error: wrong('code', 'Code is wrong.'), hasApp: true, hasPasskeys: true, returnTo: '' },
  },
  { name: 'second-factor-none', template: 'accounts/second-factor.njk', locals: { ...secondFactor, app: null, isMissing: true } },
  {
    name: 'second-factor-setup',
    template: 'accounts/second-factor.njk',
    locals: {
      ...secondFactor,
      app: null,
      setup: { sealed: 'sealed', secret: 'JBSW Y3DP EHPK 3PXP', size: 37, path: 'M4 4h7v1h-7z' },
      failed: 'finish-app',
      error: wrong('code', 'Code is wrong.'),
    },
  },
  {
    name: 'second-factor',
    template: 'accounts/second-factor.njk',
    locals: { ...secondFactor, failed: 'remove-app', error: wrong('current', 'Current password is wrong.') },
  },
  {
    name: 'second-factor-codes',
    template: 'accounts/second-factor.njk',
    locals: { ...secondFactor, newCodes: ['k3p9q-wz7mv', 'a1b2c-d3e4f'], hasPassword: false },
  },
  ...[
    {
      name: 'mail-settings',
      file: 'settings',
      locals: { ...common, address: 'ann@example.org', digest: true, hasPassword: true, typed: '', error: null },
    },
    {
      name: 'mail-settings-none',
      file: 'settings',
      locals: {
        ...common,
        address: null,
        digest: false,
        hasPassword: true,
        typed: 'ann',
        error: wrong('address', 'This is no e-mail address.'),
      },
    },
    {
      name: 'mail-confirm',
      file: 'confirm',
      locals: { ...visitor, name: 'Ann', address: 'ann@example.org', action: '/confirm-address/x' },
    },
    { name: 'mail-forgot', file: 'forgot', locals: { ...visitor, address: '', error: null } },
    {
      name: 'mail-reset',
      file: 'reset',
      locals: { ...visitor, name: 'Ann', action: '/reset-password/x', error: wrong('password', 'Too short.') },
    },
    {
      name: 'mail-invited',
      file: 'invited',
      locals: { ...visitor, name: '', address: 'bob@example.org', by: 'Ann', action: '/invited/x', error: null },
    },
  ].map(({ file, ...sample }) => ({ ...sample, template: `accounts/mail/${file}.njk` })),
  { name: 'unsubscribe', template: 'mail/unsubscribe.njk', locals: { ...visitor, action: '/unsubscribe/x', isDone: false } },
  { name: 'unsubscribed', template: 'mail/unsubscribe.njk', locals: { ...visitor, action: '/unsubscribe/x', isDone: true } },
  {
    name: 'external-redirect',
    template: 'accounts/external-redirect.njk',
    locals: { ...visitor, title: 'Logged out', text: 'You are logged out here.', url: null, label: 'Log out there' },
  },
  {
    name: 'authorize',
    template: 'accounts/authorize.njk',
    locals: {
      ...common,
      title: 'Connect a program',
      action: '/oauth/authorize',
      hidden: [{ name: 'client_id', value: 'x' }],
      siteName: 'Parley',
      program: { name: 'Claude', source: 'added', host: '', target: 'claude.ai', isHere: false },
      account: { shown: 'Bob Marsh', name: 'bob' },
    },
  },
  ...(['registered', 'document'] as const).map((source) => ({
    name: `authorize-${source}`,
    template: 'accounts/authorize.njk',
    locals: {
      ...common,
      title: 'Connect a program',
      action: '/oauth/authorize',
      hidden: [],
      siteName: 'Parley',
      program: { name: 'Editor', source, host: 'editor.example', target: '127.0.0.1:4000', isHere: true },
      account: { shown: 'Bob Marsh', name: 'bob' },
    },
  })),
  ...[null, { url: 'https://editor.example/?error=invalid_request', label: 'Go back to editor.example' }].map((back) => ({
    name: back ? 'authorize-refused-back' : 'authorize-refused',
    template: 'accounts/authorize-refused.njk',
    locals: { ...common, title: 'Not connected', message: 'This program is not known here.', back },
  })),
  { name: 'settings', template: 'accounts/settings.njk', locals: settings },
  {
    name: 'settings-new-token',
    template: 'accounts/settings.njk',
    locals: {
      ...settings,
      tokens: [],
      push: { key: '', devices: [] },
      newToken: secrets.token,
      passwordError: wrong('current', 'That is not your password.'),
    },
  },
  {
    name: 'person',
    template: 'people/show.njk',
    locals: {
      ...common,
      title: 'Bob Marsh',
      person: {
        ...{ id: bob.id, login: 'bob', name: 'Bob Marsh', color: 1, bot: false, admin: true, disabled: false, picture: null },
        status: { emoji: '🌴', text: 'On holiday', until: NOW },
        local: { time: 'Friday, 15:02', zone: 'Europe/Paris' },
      },
      groups: [{ slug: 'lobby', name: 'Lobby', topic: 'Everything that has no better place', archived: false }],
    },
  },
  {
    name: 'person-picture',
    template: 'people/show.njk',
    locals: {
      ...common,
      title: 'Ann',
      person: {
        ...{ id: ann.id, login: 'Ann', name: 'Ann', color: 7, bot: false, admin: false, disabled: false, status: null, local: null },
        picture: '/avatars/f0000000000000000000000000',
      },
      groups: [],
    },
  },
  {
    name: 'profile',
    template: 'people/settings.njk',
    locals: {
      ...common,
      ...{ title: 'Profile', path: '/settings/profile' },
      self: { id: ann.id, name: 'Ann Lee', login: 'Ann', color: 7, picture: null },
      displayName: 'Ann Lee',
      status: { emoji: '🌴', text: 'On holiday', until: NOW },
      form: { emoji: '🌴', text: 'On holiday', end: 'never', until: '' },
      error: null,
    },
  },
  {
    name: 'profile-errors',
    template: 'people/settings.njk',
    locals: {
      ...common,
      ...{ title: 'Profile', path: '/settings/profile' },
      self: { id: ann.id, name: 'Ann', login: 'Ann', color: 7, picture: '/avatars/f0000000000000000000000000' },
      displayName: '',
      status: null,
      form: { emoji: 'x', text: '', end: 'custom', until: '2025-11-28T09:00' },
      error: wrong('picture', 'The picture cannot be read.'),
    },
  },
  {
    name: 'appearance',
    template: 'accounts/appearance.njk',
    locals: {
      ...common,
      ...{
        title: 'Appearance',
        path: '/settings/appearance',
        look: { theme: 'dark', density: 'compact', timeZone: 'Europe/Paris', clock: '12', quiet: '22:00 07:00 Europe/Paris' },
      },
      ...{ zones: ['Asia/Tokyo', 'Europe/Paris'], error: wrong('quiet_to', 'Quiet hours must end at a time such as 07:00.') },
      form: {
        theme: 'dark',
        density: 'compact',
        time_zone: 'Europe/Paris',
        clock: '12',
        quiet_from: '22:00',
        quiet_to: 'late',
        undo: '30',
      },
    },
  },
  { name: 'groups', template: 'groups/index.njk', locals: index },
  {
    name: 'groups-none',
    template: 'groups/index.njk',
    locals: {
      ...index,
      viewer: { ...viewer, admin: false },
      groups: [],
      direct: [],
      open: [],
      mayCreate: false,
      join: { code: 'abc', error: wrong('code', 'No group has this code.') },
      flash: { kind: 'info', text: 'Welcome to Parley, Ann.' },
    },
  },
  { name: 'chat', template: 'groups/show.njk', locals: show },
  { name: 'thread', template: 'messages/thread.njk', locals: thread },
  {
    name: 'thread-of-old',
    template: 'messages/thread.njk',
    locals: {
      ...{ ...thread, live: null, older: '/groups/lobby/messages/2/thread?before=9', newest: '/groups/lobby/messages/2/thread' },
      ...{ mayPost: false, group: { ...group, archived: true } },
    },
  },
  {
    name: 'chat-empty',
    template: 'groups/show.njk',
    locals: {
      ...show,
      rows: [],
      older: null,
      begin: { link: null, site: 'https://chat.example.org' },
      moderator: false,
      mayManage: false,
      composer: { ...composer, error: 'Write something first.' },
    },
  },
  {
    name: 'chat-begin',
    template: 'groups/show.njk',
    locals: { ...show, rows: [], older: null, begin: { link: manage.link, site: null } },
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
      live: { ...live, frame: null },
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
  { name: 'group-settings', template: 'groups/settings.njk', locals: { ...common, group, own, manage } },
  {
    name: 'group-settings-member',
    template: 'groups/settings.njk',
    locals: { ...common, group: { ...group, open: false }, own, manage: null },
  },
  {
    name: 'direct-settings',
    template: 'groups/settings.njk',
    locals: {
      ...common,
      group: { ...group, kind: 'direct', name: 'Bob Marsh' },
      own: { level: 'everything', favourite: true, hidden: false, mayLeave: false },
      manage: null,
    },
  },
  {
    name: 'group-settings-errors',
    template: 'groups/settings.njk',
    locals: {
      ...common,
      group: { ...group, open: false, archived: true },
      own: null,
      manage: { ...manage, expiresAt: NOW - 1, usesLeft: 0, error: wrong('topic', 'At most 200 characters.') },
    },
  },
  { name: 'search', template: 'search/index.njk', locals: found },
  { name: 'search-none', template: 'search/index.njk', locals: { ...found, hits: [], older: null } },
  { name: 'search-end', template: 'search/index.njk', locals: { ...found, hits: [], older: null, isFirst: false } },
  { name: 'search-further', template: 'search/index.njk', locals: { ...found, hits: [] } },
  { name: 'search-help', template: 'search/index.njk', locals: { ...found, q: '', hits: [], older: null } },
  {
    name: 'api',
    template: 'api/index.njk',
    locals: { ...visitor, ...docsOf('https://chat.example.org'), title: 'The API', version: '1.2.3' },
  },
  { name: 'bots', template: 'bots/index.njk', locals: { ...botsPage, made } },
  {
    name: 'hook',
    template: 'webhooks/incoming.njk',
    locals: {
      ...visitor,
      title: 'A webhook of echo for Lobby',
      bot: 'echo',
      group: 'Lobby',
      says: 'Anyone who knows this URL can post: keep it secret.',
      lines: [{ what: 'A text', line: `curl -d "Disk 91% full on db1" ${secrets.hook}` }],
      others: [{ what: 'Rocket.Chat', line: secrets.hook.replace('/hooks/', '/hooks/parley/') }],
    },
  },
  {
    name: 'bots-none',
    template: 'bots/index.njk',
    locals: { ...botsPage, bots: [], isAdmin: false, create: { name: 'x'.repeat(70), error: wrong('name', 'At most 64 characters.') } },
  },
  { name: 'bot', template: 'bots/show.njk', locals: botPage },
  {
    name: 'bot-refused',
    template: 'bots/show.njk',
    locals: {
      ...botPage,
      ...{ isAdmin: false, isEnding: false, secrets: 0, made: null, deliveries: [], older: null },
      webhook: { url: hooked.url, disabled: 'it has failed for 5 days' },
      refused: { form: 'webhook', typed: {}, error: wrong('url', 'This is no address that can be called.') },
    },
  },
  {
    name: 'delivery',
    template: 'bots/delivery.njk',
    locals: {
      ...common,
      ...{ title: 'echo: posted', group, bot: { id: echo.id, name: 'echo' }, delivery, isOver: false, noRequest: null, bytes: 812 },
      attempts: [
        { at: NOW, status: 500, ms: 312, error: null, answer: '<h1>Internal Server Error</h1>', bytes: 30 },
        { at: NOW - 60_000, status: null, ms: 10_000, error: 'timed out', answer: null, bytes: null },
      ],
      request: { url: hooked.url, headers: [['content-type', 'application/json']], body: '{\n  "event": "posted"\n}' },
    },
  },
  {
    name: 'delivery-none',
    template: 'bots/delivery.njk',
    locals: {
      ...common,
      ...{ title: 'echo: posted', group, bot: { id: echo.id, name: 'echo' }, isOver: true, attempts: [], request: null, bytes: null },
      delivery: { ...delivery, state: 'dropped', reason: 'The message is erased.', due: null, url: null },
      noRequest: 'The message is erased.',
    },
  },
  {
    name: 'action',
    template: 'messages/action.njk',
    locals: { ...common, group, form: { ...asked, error: { field: 'why', message: 'Why: a value is missing.' } } },
  },
  { name: 'edit', template: 'messages/edit.njk', locals: { ...common, group, edit: { ...edit, error: 'Write something first.' } } },
  {
    name: 'message',
    template: 'messages/show.njk',
    locals: {
      ...common,
      group,
      row: rows[3],
      notice: '',
      context: '/groups/lobby?around=4#m-4',
      acts: {
        ...{
          u: '/groups/lobby/messages/4',
          answer: '/groups/lobby?reply=4#composer',
          quote: '/groups/lobby?quote=4#composer',
          read: '/groups/lobby/read',
          seq: 4,
        },
        ...{ pinned: false, saved: true, mayEdit: true, mayErase: true },
      },
    },
  },
  { name: 'pins', template: 'messages/pins.njk', locals: { ...common, group, rows: [rows[5], rows[2]], moderator: false, members: [] } },
  {
    name: 'saved',
    template: 'messages/saved.njk',
    locals: {
      ...common,
      ...{ title: 'Saved messages', path: '/saved', older: '/saved?cursor=1-a-2', isFirst: true },
      items: [rows[3], rows[9], rows[13]].map((one) => ({
        group: { slug: 'lobby', name: 'Lobby' },
        at: NOW,
        context: '/groups/lobby?before=5#m-4',
        row: one,
      })),
    },
  },
  {
    name: 'threads',
    template: 'messages/threads.njk',
    locals: {
      ...common,
      ...{ title: 'Threads', path: '/threads', older: '/threads?cursor=1-a-2', isFirst: true },
      items: [
        { unread: 2, text: 'Shout if something reads wrong.', erased: false },
        { unread: 0, text: '', erased: true },
      ].map(({ unread, ...one }) => ({
        group: { slug: 'lobby', name: 'Lobby' },
        root: { seq: 2, name: 'Bob', ...one },
        ...{ replies: 7, iso: new Date(NOW).toISOString(), unread, url: '/groups/lobby/messages/2/thread' },
      })),
    },
  },
  { name: 'threads-none', template: 'messages/threads.njk', locals: { ...common, items: [], older: null, isFirst: true } },
  { name: 'threads-end', template: 'messages/threads.njk', locals: { ...common, items: [], older: null, isFirst: false } },
  {
    name: 'commands',
    template: 'commands/list.njk',
    locals: {
      ...common,
      ...{ title: 'Commands in Lobby', group },
      commands: [
        { name: 'me', hint: 'what you do', help: 'Says what you do, in italics.', bot: null },
        { name: 'leave', hint: '', help: 'Leaves this group.', bot: null },
        { name: 'deploy', hint: 'branch', help: 'Deploys a branch.', bot: { id: 'u-9', name: 'echo' } },
      ],
    },
  },
  {
    name: 'scheduled',
    template: 'scheduled/index.njk',
    locals: {
      ...{ ...common, title: 'Scheduled messages', path: '/scheduled' },
      failed: [{ ...later, id: 's1', failed: 'The group is archived.' }],
      waiting: [
        { ...later, id: 's2' },
        { ...later, id: 's3', isReminder: true, body: 'Water the plants' },
        { ...later, id: 's4', group: null },
      ],
    },
  },
  { name: 'scheduled-none', template: 'scheduled/index.njk', locals: { ...common, failed: [], waiting: [] } },
  {
    name: 'schedule',
    template: 'scheduled/form.njk',
    locals: {
      ...common,
      group,
      item: null,
      error: null,
      action: '/groups/lobby/scheduled',
      form: { ...laterForm, at: '', zone: '', key: 'k' },
    },
  },
  {
    name: 'scheduled-item',
    template: 'scheduled/form.njk',
    locals: {
      ...{ ...common, group: later.group, item: { ...later, failed: 'The group is archived.' }, action: '/scheduled/s1' },
      ...{ form: { ...laterForm, iso: '2025-11-22T08:00:00.000Z' }, error: { field: 'at', message: 'This time is past.' } },
    },
  },
  {
    name: 'scheduled-reminder',
    template: 'scheduled/form.njk',
    locals: {
      ...{ ...common, group: null, item: { ...later, group: null, isReminder: true }, action: '/scheduled/s3' },
      ...{ form: laterForm, error: { field: 'body', message: 'Message is empty.' } },
    },
  },
  { name: 'saved-none', template: 'messages/saved.njk', locals: { ...common, items: [], older: null, isFirst: true } },
  { name: 'saved-end', template: 'messages/saved.njk', locals: { ...common, items: [], older: null, isFirst: false } },
  { name: 'pins-none', template: 'messages/pins.njk', locals: { ...common, group, rows: [], moderator: false, members: [] } },
  { name: 'history', template: 'messages/history.njk', locals: { ...common, group, seq: 3, versions: [rows[1], rows[2], rows[3]] } },
  {
    name: 'emoji',
    template: 'messages/emoji.njk',
    locals: {
      ...{ ...common, group, seq: 3, q: '', part: 'Food', found: [{ name: 'grapes', emoji: '🍇' }] },
      parts: ['Faces', 'Food'].map((name) => ({ name, label: name })),
    },
  },
  { name: 'history-none', template: 'messages/history.njk', locals: { ...common, group, seq: 3, versions: [rows[1]] } },
  {
    name: 'admin',
    template: 'admin/index.njk',
    locals: {
      ...common,
      ...admin,
      mayInvite: true,
      inviteCode: 'hK3p9QwzLm2v',
      users: people.map((person, at) => ({ ...person, disabled: at === 2, createdAt: NOW })),
      groups: [
        { id: 'lobby0000', slug: 'lobby', name: 'Lobby', open: true, archived: false, memberCount: 5, messageCount: 1402 },
        { id: 'old000000', slug: 'old', name: 'Summer party', open: false, archived: true, memberCount: 9, messageCount: 88 },
      ],
      bots: [bot],
    },
  },
  {
    name: 'admin-empty',
    template: 'admin/index.njk',
    locals: {
      ...common,
      ...admin,
      mayInvite: false,
      inviteCode: null,
      q: 'zebra',
      users: [],
      groups: [],
      bots: [],
      counts: { groups: 1, direct: 1 },
    },
  },
  {
    name: 'admin-site',
    template: 'admin/site.njk',
    locals: { ...common, path: '/admin/site', mode: 'code', isModeSet: false, isNameSet: false, inviteCode: 'hK3p9QwzLm2v', error: null },
  },
  {
    name: 'admin-site-set',
    template: 'admin/site.njk',
    locals: {
      ...common,
      ...{ path: '/admin/site', mode: 'open', isModeSet: true, isNameSet: true, inviteCode: null },
      error: wrong('picture', 'Choose a picture.'),
    },
  },
  {
    name: 'admin-programs',
    template: 'admin/programs.njk',
    locals: {
      ...common,
      path: '/admin/programs',
      programs: [
        { id: 'c1', name: 'Claude', redirectUris: ['https://claude.ai/back', 'https://claude.com/back'], hasSecret: true, createdAt: NOW },
        { id: 'c2', name: 'Editor', redirectUris: ['http://127.0.0.1/'], hasSecret: false, createdAt: NOW },
      ],
      added: { id: 'c1', name: 'Claude', secret: secrets.token },
      adding: { name: '', redirect: '', secret: false, error: null },
    },
  },
  {
    name: 'admin-programs-refused',
    template: 'admin/programs.njk',
    locals: {
      ...common,
      path: '/admin/programs',
      programs: [],
      added: null,
      adding: { name: 'Editor', redirect: 'http://editor.example/', secret: true, error: wrong('redirect', 'That is no redirect URI.') },
    },
  },
  {
    name: 'admin-bots',
    template: 'admin/bots.njk',
    locals: {
      ...common,
      ...{ path: '/admin/bots', q: '', here: '/admin/bots', more: '/admin/bots?after=x' },
      bots: [
        {
          ...{ id: echo.id, name: 'echo', color: 5, disabled: false, usedAt: NOW, incoming: 1 },
          groups: [lobby, { slug: 'release-train', name: 'Release train' }],
          outgoing: { host: 'hooks.example.org', disabled: 'It failed for 3 days.' },
        },
        { id: 'old0', name: 'Weather station', color: 9, disabled: true, usedAt: null, incoming: 0, groups: [], outgoing: null },
      ],
    },
  },
  {
    name: 'admin-deliveries',
    template: 'admin/deliveries.njk',
    locals: {
      ...common,
      ...{ path: '/admin/deliveries', here: '/admin/deliveries', state: 'all', states: ['all', 'waiting', 'failed', 'dropped', 'done'] },
      older: '/admin/deliveries?before=d1',
      deliveries: [
        {
          ...{ id: 'd1', event: 'posted', state: 'failed', reason: 'No response within 10 s.', createdAt: NOW, attempts: 7 },
          ...{ status: null, error: null, group: 'lobby', seq: 3, bot: { id: echo.id, name: 'echo' } },
        },
        {
          ...{ id: 'd2', event: 'posted', state: 'done', reason: null, createdAt: NOW, attempts: 1 },
          ...{ status: 204, error: null, group: null, seq: null, bot: null },
        },
      ],
    },
  },
  {
    name: 'admin-group',
    template: 'admin/group.njk',
    locals: {
      ...common,
      path: '/admin/groups/lobby0000',
      group: {
        ...{ id: 'lobby0000', slug: 'lobby', name: 'Lobby', topic: 'Everything and nothing', open: true, archived: false },
        ...{ createdAt: NOW, held: false, kept: 'forever' },
      },
      figures: { messages: 1402, members: 5, files: 31, size: '18 MB', bots: 1 },
      moderators: [{ id: ann.id, name: 'Ann' }],
      error: wrong('name', 'There is no user named Eric.'),
    },
  },
  {
    name: 'admin-group-held',
    template: 'admin/group.njk',
    locals: {
      ...common,
      path: '/admin/groups/old000000',
      group: {
        ...{ id: 'old000000', slug: 'old', name: 'Summer party', topic: '', open: false, archived: true },
        ...{ createdAt: NOW, held: true, kept: '90 days' },
      },
      figures: { messages: 88, members: 9, files: 0, size: '0 B', bots: 0 },
      moderators: [],
      error: null,
    },
  },
  {
    name: 'admin-confirm',
    template: 'admin/confirm.njk',
    locals: {
      ...common,
      path: '/admin/groups/lobby0000',
      question: {
        title: 'Delete Lobby?',
        lost: [
          '1402 messages and 31 files (18 MB) are removed for good.',
          '5 members lose the group; their open pages of it end at once.',
          'Its webhooks end, and these bots with their tokens: echo.',
          'It cannot be undone. Backups made before keep the group.',
        ],
        ...{ action: '/admin/groups/lobby0000', fields: { action: 'delete' }, label: 'Delete the group', back: '/admin/groups/lobby0000' },
      },
    },
  },
  { name: 'own-data', template: 'own-data/index.njk', locals: { ...common, path: '/settings/data', hasPassword: true, error: null } },
  {
    name: 'own-data-wrong',
    template: 'own-data/index.njk',
    locals: { ...common, path: '/settings/data', hasPassword: false, error: wrong('current', 'Wrong.') },
  },
  {
    name: 'report',
    template: 'moderation/report.njk',
    locals: {
      ...common,
      group: { slug: 'dm-1', name: 'Bob Marsh', isDirect: true },
      message: { seq: 3, author: { ...bob, avatar: null }, html: 'Buy now', at: NOW, erased: false, own: false },
      form: { reason: '', error: wrong('reason', 'Say what is wrong with the message.') },
    },
  },
  {
    name: 'report-own',
    template: 'moderation/report.njk',
    locals: {
      ...common,
      group: { ...lobby, isDirect: false },
      message: { seq: 3, author: { ...ann, avatar: null }, html: '', at: NOW, erased: true, own: true },
      form: { reason: '', error: null },
    },
  },
  {
    name: 'admin-messages',
    template: 'moderation/messages.njk',
    locals: {
      ...common,
      q: 'buy',
      hits: [
        { group: lobby, seq: 3, at: NOW, erased: false, author: { ...bob, avatar: null }, html: '<mark>Buy</mark> now' },
        { group: design, seq: 4, at: NOW, erased: true, author: { ...eve, avatar: null }, html: '' },
      ],
      older: '/admin/messages?q=buy&cursor=1-a-2',
    },
  },
  { name: 'admin-messages-none', template: 'moderation/messages.njk', locals: { ...common, q: 'zebra', hits: [], older: null } },
  {
    name: 'reports',
    template: 'moderation/reports.njk',
    locals: {
      ...common,
      ...{ state: 'open', open: 2 },
      reports: [
        {
          ...{ id: 2, at: NOW, reason: 'Spam,\nthe third time', by: { ...eve, avatar: null }, closed: null },
          message: {
            group: lobby,
            seq: 3,
            at: NOW,
            erased: false,
            author: { ...bob, avatar: null },
            html: 'Buy now',
            files: ['offer.pdf'],
          },
        },
        { id: 1, at: NOW, reason: 'Rude', by: { ...ann, avatar: null }, message: null, closed: { at: NOW, outcome: 'kept', by: 'Ann' } },
      ],
    },
  },
  { name: 'reports-none', template: 'moderation/reports.njk', locals: { ...common, state: 'closed', open: 0, reports: [] } },
  {
    name: 'new-person',
    template: 'admin/new-person.njk',
    locals: { ...common, create: { name: 'Bob', error: wrong('name', 'It is taken.') } },
  },
  {
    name: 'admin-person',
    template: 'admin/person.njk',
    locals: {
      ...common,
      title: 'Bob Marsh',
      person: {
        ...{
          id: bob.id,
          login: 'bob',
          name: 'Bob Marsh',
          color: 1,
          admin: false,
          bot: false,
          disabled: false,
          createdAt: NOW,
          picture: null,
        },
      },
      hasPassword: false,
      sessions: [{ device: 'Firefox on Linux', address: '192.0.2.7', usedAt: NOW }],
      tokens: 2,
      groups: [{ slug: 'lobby', name: 'Lobby', role: 'moderator' }],
      link: { url: 'https://chat.example.org/reset-password/9fKx2mPq7RtVw4ZsB8nLc3HdJ6gYeA5uTQoX1iNk', hours: 168 },
    },
  },
  {
    name: 'admin-person-disabled',
    template: 'admin/person.njk',
    locals: {
      ...common,
      title: 'echo',
      person: {
        id: echo.id,
        login: 'echo',
        name: 'echo',
        color: 5,
        admin: false,
        bot: true,
        disabled: true,
        createdAt: NOW,
        picture: null,
      },
      ...{ hasPassword: false, sessions: [], tokens: 0, groups: [], link: null },
    },
  },
  {
    name: 'audit',
    template: 'audit/index.njk',
    locals: {
      ...common,
      title: 'Audit log',
      acts: [
        {
          seq: 2,
          at: NOW,
          title: 'Account disabled',
          subject: { kind: 'user', id: bob.id, name: 'Bob Marsh' },
          detail: 'twice',
          by: 'Ann',
          from: '::1',
        },
        { seq: 1, at: NOW, title: 'Invitation code renewed', subject: null, detail: null, by: 'the command line', from: '' },
      ],
      older: '/admin/audit?before=1',
      isFirst: true,
    },
  },
  {
    name: 'storage',
    template: 'retention/storage.njk',
    locals: {
      ...common,
      title: 'Storage',
      figures: {
        ...{ store: 'sqlite', database: '1.2 MB', files: { files: 3, size: '12 MB' }, disk: '20 GB of 40 GB' },
        ...{ messages: 1490, entries: 2003, groups: 2, direct: 4, held: 1 },
        retention: { days: '365 days', direct: 'forever' },
        quotas: { person: '1 GB', site: 'none' },
        people: [{ name: 'Ann', files: 2, size: '11 MB' }],
        largest: [],
      },
      groups: [
        { slug: 'lobby', name: 'Lobby', own: null, kept: '365 days', held: false },
        { slug: 'old', name: 'Summer party', own: 0, kept: 'forever', held: true },
        { slug: 'short', name: 'Short', own: 7, kept: '7 days', held: false },
      ],
      siteHold: false,
      error: { field: 'days', message: 'Retention must be 1 to 36500 days.' },
    },
  },
  {
    name: 'storage-empty',
    template: 'retention/storage.njk',
    locals: {
      ...common,
      title: 'Storage',
      figures: {
        ...{ store: 'mongo', database: '0 bytes', files: { files: 0, size: '0 bytes' }, disk: null },
        ...{ messages: 0, entries: 0, groups: 0, direct: 0, held: 0 },
        retention: { days: 'forever', direct: 'forever' },
        quotas: { person: 'none', site: 'none' },
        people: [],
        largest: [],
      },
      groups: [],
      siteHold: true,
      error: null,
    },
  },
  {
    name: 'erase',
    template: 'retention/erase.njk',
    locals: {
      ...common,
      title: 'Erase messages',
      asked: { group: '', author: 'Bob', from: '', to: '', after: '2026-11-01', before: '', words: '' },
      found: { messages: 12, groups: 2, held: 1, isMore: true, isErased: false },
      error: null,
    },
  },
  {
    name: 'erase-refused',
    template: 'retention/erase.njk',
    locals: {
      ...common,
      title: 'Erase messages',
      asked: { group: 'nowhere', author: '', from: '', to: '', after: '', before: '', words: '' },
      found: null,
      error: { field: 'group', message: 'There is no group nowhere.' },
    },
  },
  { name: 'audit-none', template: 'audit/index.njk', locals: { ...common, title: 'Audit log', acts: [], older: null, isFirst: false } },
  {
    name: 'security',
    template: 'security/index.njk',
    locals: {
      ...common,
      title: 'Security',
      events: [
        { at: NOW, title: 'Token created', detail: 'laptop', account: null, by: null, from: '192.0.2.7' },
        { at: NOW - 60_000, title: 'Failed log-in', detail: null, account: 'Bob Marsh', by: 'Νίκη', from: 'the command line' },
      ],
      older: '/settings/security?before=1-a',
      isFirst: true,
      isOwn: true,
    },
  },
  {
    name: 'security-none',
    template: 'security/index.njk',
    locals: { ...common, title: 'Security events', events: [], older: null, isFirst: true, isOwn: false },
  },
  {
    name: 'switch',
    template: 'groups/switch.njk',
    locals: {
      ...{ ...common, title: 'Go to', path: '/switch', q: 'l' },
      targets: {
        groups: [
          { slug: 'lobby', name: 'Lobby', archived: false, unread: 3, face: null },
          { slug: 'old', name: 'Lost and found', archived: true, unread: 0, face: null },
          { slug: 'dm-1', name: 'Éva Lindqvist', archived: false, unread: 0, face: { name: 'Éva Lindqvist', color: 10 } },
        ],
        people: [{ id: 'leo', name: 'Leo', color: 3 }],
      },
    },
  },
  { name: 'offline', template: 'push/offline.njk', locals: { ...common, viewer: null, title: 'Offline', path: '/offline' } },
  {
    name: 'share',
    template: 'push/share.njk',
    locals: {
      ...{ ...common, title: 'Share', path: '/share', body: 'Timetable\nhttps://example.org/timetable', key: 'k1', dropped: 2 },
      ...{ maxFiles: 10, fileBytes: 1_000_000 },
      groups: [
        { slug: 'lobby', name: 'Lobby', face: null },
        { slug: 'dm-1', name: 'Éva Lindqvist', face: { name: 'Éva Lindqvist', color: 10 } },
      ],
    },
  },
  { name: 'share-none', template: 'push/share.njk', locals: { ...common, title: 'Share', path: '/share', groups: [] } },
  {
    name: 'switch-none',
    template: 'groups/switch.njk',
    locals: { ...common, title: 'Go to', path: '/switch', q: 'xyz', targets: { groups: [], people: [] } },
  },
  {
    name: 'direct',
    template: 'groups/direct.njk',
    locals: { ...common, direct, people: ['Bob Marsh', 'Νίκη'], begin: { with: '', error: null } },
  },
  {
    name: 'direct-none',
    template: 'groups/direct.njk',
    locals: { ...common, direct: [], people: [], begin: { with: 'Nobody', error: wrong('with', 'There is no user named Nobody.') } },
  },
  { name: 'invite', template: 'groups/invite.njk', locals: { ...common, title: 'Join Book club', invite, forms: null } },
  {
    name: 'invite-visitor',
    template: 'groups/invite.njk',
    locals: {
      ...visitor,
      title: 'Join Book club',
      invite,
      forms: true,
      signup,
      login,
      returnTo: '/join/hK3p-9Qwz-Lm2v',
      from: 'invitation',
    },
  },
  {
    name: 'error',
    template: 'error.njk',
    locals: {
      ...common,
      status: 404,
      heading: 'There is nothing here',
      message: 'Or you do not have access.',
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
      message: 'The store is not available. Try again in a moment.',
      requestId: 'r-7f3b',
      back: '/groups',
      again: { action: '/groups/lobby/messages', body: 'Half an hour of typing.', hidden: [{ name: 'key', value: 'k3y' }] },
    },
  },
  {
    name: 'frame',
    template: 'messages/frame.njk',
    locals: { viewer, look, moderator: true, nonce: 'n0nce', members, group, root: null, slots },
  },
  {
    name: 'frame-of-thread',
    template: 'messages/frame.njk',
    locals: { viewer, look, moderator: true, nonce: 'n0nce', members, group, root: 2, slots },
  },
];

export const partials: readonly Sample[] = [
  {
    name: 'external-redirect-log-out',
    template: 'accounts/external-redirect.njk',
    locals: {
      ...visitor,
      title: 'Logged out',
      text: 'You are logged out here.',
      url: 'https://login.example.org/logout',
      label: 'Log out there',
    },
  },
  {
    name: 'mail',
    template: 'mail/mail.njk',
    locals: {
      ...{ subject: '2 messages for you', paragraphs: ['While you were away:'], reason: 'You have asked for it.' },
      items: [{ title: 'Bob in Lobby', text: 'Hello @Ann', url: 'https://chat.example.org/groups/lobby/messages/3' }],
      action: { label: 'Your groups', url: 'https://chat.example.org/groups' },
      unsubscribe: 'https://chat.example.org/unsubscribe/x',
    },
  },
  ...rows.flatMap((each) =>
    each.author === null ? [] : [{ name: `row-${each.seq}`, template: 'messages/_row.njk', locals: { row: each } }],
  ),
  { name: 'line', template: 'messages/_line.njk', locals: { line: rows[0] } },
  ...[null, 1].flatMap((slot) => [
    {
      name: slot === null ? 'draft' : 'draft-in-document',
      template: 'drafts/_row.njk',
      locals: { draft: { id: '6n2v8x4q1r7t5w3y', rev: 3, author: { ...echo, bot: true, avatar: null }, html: '<p>So far</p>', slot } },
    },
    {
      name: slot === null ? 'draft-end' : 'draft-end-in-document',
      template: 'drafts/_end.njk',
      locals: { end: { id: '6n2v8x4q1r7t5w3y', author: echo.id, slot } },
    },
  ]),
  { name: 'ephemeral', template: 'messages/_ephemeral.njk', locals: { one: ephemeral, slug: 'lobby' } },
  { name: 'ephemeral-end', template: 'messages/_ephemeral-end.njk', locals: { id: '2b8d4f6h0k1m3p5r' } },
  { name: 'typing', template: 'messages/_typing.njk', locals: { typists: [{ id: 'u-1', name: 'Ann' }], several: false } },
  { name: 'day', template: 'messages/_day.njk', locals: { day: '2025-11-21', dayLabel: 'Friday, 21 November 2025' } },
  { name: 'members', template: 'groups/_members.njk', locals: { members } },
  { name: 'sidebar', template: 'groups/_sidebar.njk', locals: { sidebar } },
  ...sidebar.sections.flatMap(({ rows: list }) =>
    list.map((row) => ({ name: `sidebar-${row.slug}`, template: 'groups/_sidebar-row.njk', locals: { row, here: true } })),
  ),
  { name: 'edit', template: 'messages/_edit.njk', locals: { edit } },
  { name: 'action', template: 'messages/_action-form.njk', locals: { form: asked } },
  {
    name: 'action-wrong',
    template: 'messages/_action-form.njk',
    locals: { form: { ...asked, error: { field: 'values', message: 'No such field.' } } },
  },
  { name: 'save', template: 'messages/_save.njk', locals: { u: '/groups/lobby/messages/3', saved: true } },
  { name: 'ask-all', template: 'messages/_ask-all.njk', locals: { question: 'Notify all 37 members?' } },
  { name: 'versions', template: 'messages/_versions.njk', locals: { versions: [rows[1], rows[2]] } },
  { name: 'composer', template: 'messages/_composer.njk', locals: { look, group, composer, live } },
  {
    name: 'composer-reply',
    template: 'messages/_composer.njk',
    locals: { look, group, composer: { ...composer, reply: { seq: 3, name: 'Bob Marsh', text: 'Morning!', erased: false } }, live },
  },
  ...[true, false].map((follows) => ({
    name: follows ? 'following' : 'follow',
    template: 'messages/_follow.njk',
    locals: { thread: '/groups/lobby/messages/2/thread', follows },
  })),
  { name: 'thread', template: 'messages/_thread.njk', locals: { slug: 'lobby', thread: replies } },
  { name: 'flash', template: '_flash.njk', locals: { flash: { kind: 'error', text: 'No.' } } },
  { name: 'error', template: '_error.njk', locals: { status: 422, heading: 'Not posted', message: 'Write something first.' } },
  {
    name: 'export',
    template: 'export/index.njk',
    locals: {
      ...{ title: 'Lobby', at: NOW, ofUser: false },
      parts: [
        {
          title: 'Lobby',
          topic: 'Boats',
          members: ['Ann', 'Bob Marsh'],
          pages: [{ href: 'lobby-0001.html', from: NOW - 1e8, to: NOW, messages: 400 }],
        },
        { title: 'Nothing', topic: '', members: [], pages: [] },
      ],
    },
  },
  {
    name: 'export-page',
    template: 'export/page.njk',
    locals: { title: 'Lobby', topic: 'Boats', rows, number: 2, previous: 'lobby-0001.html', next: null },
  },
  { name: 'export-style', template: 'export/style.njk', locals: {} },
];
