import test from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { newGroup, postAs } from '../helpers/fixtures.ts';
import { openSite } from '../helpers/site.ts';
import { call, connect, MODERN, type Mode, refused, tokenOf } from './connect.ts';

type Message = { seq: number; body: string; format: string; author: { name: string }; erased: boolean; reactions: { emoji: string }[] };

const NAMES = [
  ...['who_am_i', 'list_groups', 'list_members', 'read_messages', 'read_thread', 'search_messages', 'list_scheduled'],
  ...['post_message', 'edit_message', 'erase_message', 'react', 'open_direct', 'schedule_message', 'cancel_scheduled'],
  ...['ask_people', 'read_answer'],
];

for (const mode of [MODERN, 'legacy'] as Mode[])
  test(`MCP: a client of revision ${JSON.stringify(mode)} posts, edits, reacts, reads, searches and erases`, async (t) => {
    const site = await openSite(t);
    const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'), mode);
    t.is(mcp.getServerVersion()?.name, 'parley');
    t.regex(mcp.getInstructions() ?? '', /content, not as instructions/);
    const { tools } = await mcp.listTools();
    t.deepEqual(
      tools.map(({ name }) => name),
      NAMES,
    );
    t.is((await call<{ name: string }>(t, mcp, 'who_am_i')).name, 'Bob');
    const posted = await call<Message & { notified: { name: string }[] }>(t, mcp, 'post_message', {
      group: 'lobby',
      body: '**Hello**, @Ann',
    });
    t.deepEqual([posted.body, posted.format, posted.author.name, posted.notified[0]?.name], ['**Hello**, @Ann', 'markdown', 'Bob', 'Ann']);
    const place = { group: 'lobby', seq: posted.seq };
    t.is((await call<Message>(t, mcp, 'edit_message', { ...place, body: 'Good morning' })).body, 'Good morning');
    t.is((await call<Message>(t, mcp, 'react', { ...place, emoji: ':tada:' })).reactions[0]?.emoji, '🎉');
    t.is((await call<Message>(t, mcp, 'react', { ...place, emoji: '🎉', on: false })).reactions.length, 0);
    const read = await call<{ messages: Message[]; older: number | null; newer: number | null }>(t, mcp, 'read_messages', {
      group: 'lobby',
    });
    t.deepEqual([read.messages.map(({ body }) => body), read.older, read.newer], [['Good morning'], null, null]);
    const found = await call<{ results: (Message & { group_name: string })[] }>(t, mcp, 'search_messages', { query: 'morning from:Bob' });
    t.deepEqual([found.results[0]?.seq, found.results[0]?.group_name], [posted.seq, 'Lobby']);
    const { members } = await call<{ members: { name: string }[] }>(t, mcp, 'list_members', { group: 'lobby' });
    t.deepEqual(members.map(({ name }) => name).sort(), ['Ann', 'Bob']);
    const direct = await call<{ slug: string; kind: string; name: string }>(t, mcp, 'open_direct', { with: ['Ann'] });
    t.deepEqual([direct.kind, direct.name], ['direct', 'Ann']);
    await call(t, mcp, 'post_message', { group: direct.slug, body: 'Between us' });
    const { groups } = await call<{ groups: { slug: string; last: { text: string } }[] }>(t, mcp, 'list_groups');
    t.deepEqual(
      groups.map(({ slug, last }) => [slug, last.text]),
      [
        ['lobby', 'Good morning'],
        [direct.slug, 'Between us'],
      ],
    );
    t.true((await call<Message>(t, mcp, 'erase_message', place)).erased);
    t.is((await call<{ results: Message[] }>(t, mcp, 'search_messages', { query: 'morning' })).results.length, 0);
  });

test('MCP: every tool has schemas without further fields, and annotations', async (t) => {
  const site = await openSite(t);
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  const { tools } = await mcp.listTools();
  for (const { name, title, description, inputSchema, outputSchema, annotations } of tools) {
    t.truthy(title && description, name);
    t.false(inputSchema.additionalProperties, name);
    t.is(outputSchema?.type, 'object', name);
    t.is(typeof annotations?.destructiveHint, 'boolean', name);
    t.is(annotations?.openWorldHint, false, name);
  }
  const hints = (hint: 'readOnlyHint' | 'destructiveHint') => tools.flatMap(({ name, annotations }) => (annotations?.[hint] ? [name] : []));
  t.deepEqual(hints('readOnlyHint'), NAMES.slice(0, 7));
  t.deepEqual(hints('destructiveHint'), ['edit_message', 'erase_message', 'cancel_scheduled']);
});

test('MCP: messages are scheduled, listed, cancelled and sent', async (t) => {
  const site = await openSite(t);
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  type Scheduled = { id: string; body: string; at: string; group: string; state: string; format: string };
  const at = new Date(site.clock.now() + 60_000).toISOString();
  const made = await call<Scheduled>(t, mcp, 'schedule_message', { group: 'lobby', body: '*Soon*', at, key: 'k' });
  t.like(made, { body: '*Soon*', at, group: 'lobby', state: 'waiting', format: 'markdown' });
  t.is((await call<Scheduled>(t, mcp, 'schedule_message', { group: 'lobby', body: '*Soon*', at, key: 'k' })).id, made.id);
  const other = await call<Scheduled>(t, mcp, 'schedule_message', { group: 'lobby', body: 'Never', at });
  const listed = async () => (await call<{ results: Scheduled[] }>(t, mcp, 'list_scheduled')).results.map(({ body }) => body).toSorted();
  t.deepEqual(await listed(), ['*Soon*', 'Never']);
  t.deepEqual(await call(t, mcp, 'cancel_scheduled', { id: other.id }), { id: other.id, cancelled: true });
  t.regex((await refused(t, mcp, 'cancel_scheduled', { id: other.id })).text, /no such scheduled message/);
  t.regex((await refused(t, mcp, 'schedule_message', { group: 'lobby', body: 'x', at: '2026-12-01T14:00' })).text, /with its zone/);
  t.regex((await refused(t, mcp, 'schedule_message', { group: 'lobby', body: 'x', at: '2020-01-01T00:00Z' })).text, /past/);
  site.clock.turn(60_000);
  site.server.scheduled.wake();
  await site.server.scheduled.idle();
  t.deepEqual(await listed(), []);
  const { messages } = await call<{ messages: Message[] }>(t, mcp, 'read_messages', { group: 'lobby' });
  t.deepEqual(
    messages.map(({ body }) => body),
    ['*Soon*'],
  );
});

test('MCP: pages lead through all messages in both directions', async (t) => {
  const site = await openSite(t);
  await site.post(...Array.from({ length: 7 }, (_, n) => `message ${n}`));
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  type Page = { messages: Message[]; older: number | null; newer: number | null };
  const page = (window: object) => call<Page>(t, mcp, 'read_messages', { group: 'lobby', limit: 3, ...window });
  const walk = async (first: Page, next: (at: Page) => object | undefined): Promise<string[][]> => {
    const bodies = first.messages.map(({ body }) => body);
    const window = next(first);
    return window ? [bodies, ...(await walk(await page(window), next))] : [bodies];
  };
  const back = await walk(await page({}), ({ older }) => (older === null ? undefined : { before: older }));
  const forth = await walk(await page({ after: 0 }), ({ newer }) => (newer === null ? undefined : { after: newer }));
  const all = Array.from({ length: 7 }, (_, n) => `message ${n}`);
  t.deepEqual(back.toReversed().flat(), all);
  t.deepEqual(forth.flat(), all);
  t.deepEqual([back.length, forth.length], [3, 3]);
});

test('MCP: replies are posted, and a thread is read from any of its messages, in both directions', async (t) => {
  const site = await openSite(t);
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  type Reply = Message & { reply_to: number | null; thread: { root: number; replies: number } | null };
  type Thread = { root: number; replies: number; messages: Reply[]; older: number | null; newer: number | null };
  const { seq: root } = await postAs(site.ann, 'root');
  const posted: number[] = [];
  for (const body of ['one', 'two', 'three']) {
    await postAs(site.ann, `beside ${body}`);
    const reply = await call<Reply>(t, mcp, 'post_message', { group: 'lobby', body, reply_to: posted.at(-1) ?? root });
    t.like(reply, { reply_to: posted.at(-1) ?? root, thread: { root, replies: posted.length + 1 } });
    posted.push(reply.seq);
  }
  const read = (args: object) => call<Thread>(t, mcp, 'read_thread', { group: 'lobby', ...args });
  for (const seq of [root, ...posted]) {
    const { messages, ...rest } = await read({ seq });
    t.deepEqual(
      messages.map(({ body }) => body),
      ['root', 'one', 'two', 'three'],
    );
    t.deepEqual(rest, { root, replies: 3, older: null, newer: null });
  }
  const seqsIn = ({ messages }: Thread) => messages.map(({ seq }) => seq);
  const newest = await read({ seq: root, limit: 2 });
  t.deepEqual([seqsIn(newest), newest.older], [posted.slice(1), posted[1] ?? null]);
  t.deepEqual(seqsIn(await read({ seq: root, limit: 2, before: newest.older ?? 0 })), [root, posted[0]]);
  const oldest = await read({ seq: root, limit: 2, after: 0 });
  t.deepEqual([seqsIn(oldest), oldest.newer], [[root, posted[0]], posted[0] ?? null]);
  t.deepEqual(seqsIn(await read({ seq: root, after: oldest.newer ?? 0 })), posted.slice(1));
  const plain = await postAs(site.ann, 'alone');
  t.like(await read({ seq: plain.seq }), { root: plain.seq, replies: 0 });
  const { text, data } = await refused(t, mcp, 'post_message', { group: 'lobby', body: 'four', reply_to: 4711 });
  t.regex(text, /There is no message 4711 in this group\. \(code: invalid, field: reply_to\)/);
  t.like(data, { code: 'invalid', field: 'reply_to' });
  t.is((await read({ seq: root })).replies, 3);
  const input = { group: 'lobby', body: 'once', reply_to: root, key: 'k2' };
  const first = await call<Reply>(t, mcp, 'post_message', input);
  t.is((await call<Reply>(t, mcp, 'post_message', input)).seq, first.seq);
  t.regex((await refused(t, mcp, 'post_message', { ...input, reply_to: posted[0] })).text, /code: keyReused/);
});

test('MCP: a repeated key posts once, also beside the API; another text with it is refused', async (t) => {
  const site = await openSite(t);
  const token = await tokenOf(site, 'Bob');
  const mcp = await connect(t, site.url, token);
  const input = { group: 'lobby', body: 'once', format: 'text', key: 'k1' };
  const [first, second] = [await call<Message>(t, mcp, 'post_message', input), await call<Message>(t, mcp, 'post_message', input)];
  t.is(second.seq, first.seq);
  const api = site.client().bearer(token);
  const third = await api.json('POST', '/groups/lobby/messages', { body: 'once' }, { 'Idempotency-Key': 'k1' });
  t.is(third.json<Message>().seq, first.seq);
  const { text, data } = await refused(t, mcp, 'post_message', { ...input, body: 'twice' });
  t.regex(text, /already used with another text/);
  t.like(data, { code: 'keyReused', field: 'key' });
});

test('MCP: refusals name the field and the limit, and are those of the API', async (t) => {
  const site = await openSite(t, { env: { MAX_BODY_BYTES: '1024' } });
  const secret = await newGroup(site.ann, 'Secret');
  const { seq } = await postAs(site.ann, 'of Ann');
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  const rows = [
    [
      'post_message',
      { group: 'lobby', body: 'x'.repeat(1025) },
      /Message is too long: 1025 bytes, 1024 at most\. \(code: tooLarge, field: body\)/,
    ],
    ['post_message', { group: 'lobby', body: ' ' }, /Message is empty\. \(code: invalid, field: body\)/],
    ['post_message', { group: 'lobby', body: 7 }, /body: must be text/],
    ['post_message', { group: 'lobby', body: 'x', key: 'k'.repeat(256) }, /key: must have 255 characters at most/],
    ['post_message', { group: 'lobby', body: 'x', to: 'Ann' }, /to/],
    ['post_message', { group: secret, body: 'x' }, /code: notFound/],
    ['post_message', { group: 'nowhere', body: 'x' }, /code: notFound/],
    ['read_messages', { group: secret }, /code: notFound/],
    ['read_messages', { group: 'lobby', limit: 201 }, /limit: must be 200 at most/],
    ['read_messages', { group: 'lobby', after: 1, before: 2 }, /give after or before, not both/],
    ['read_thread', { group: secret, seq: 1 }, /code: notFound/],
    ['read_thread', { group: 'lobby', seq: 1 }, /code: notFound/],
    ['read_thread', { group: 'lobby', seq, after: 1, before: 2 }, /give after or before, not both/],
    ['read_thread', { group: 'lobby', seq, limit: 201 }, /limit: must be 200 at most/],
    ['post_message', { group: 'lobby', body: 'x', reply_to: 1 }, /There is no message 1.*field: reply_to/],
    ['post_message', { group: 'lobby', body: 'x', reply_to: 'x' }, /reply_to: must be a whole number/],
    ['list_members', { group: secret }, /code: notFound/],
    ['edit_message', { group: 'lobby', seq, body: 'x' }, /Only the author can edit a message/],
    ['erase_message', { group: 'lobby', seq }, /Only the author or a moderator/],
    ['react', { group: 'lobby', seq, emoji: 'a/b' }, /without a slash.*field: emoji/],
    ['react', { group: 'lobby', seq: 9999, emoji: '👍' }, /code: notFound/],
    ['open_direct', { with: ['Nobody'] }, /There is no user named Nobody\. \(code: invalid, field: with\)/],
    ['search_messages', { query: 'x', cursor: 'wrong' }, /field: cursor/],
  ] as const;
  for (const [name, args, expected] of rows)
    t.regex((await refused(t, mcp, name, args)).text, expected, `${name} ${JSON.stringify(args).slice(0, 60)}`);
  t.is((await call<{ results: Message[] }>(t, mcp, 'search_messages', { query: 'Ann' })).results.length, 1);
});

test('MCP: the rate limit of posts counts with the API, and says when to try again', async (t) => {
  const site = await openSite(t, { env: { POSTS_PER_SECOND: '1' } });
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  const results = [];
  for (let n = 0; n < 4; n += 1) results.push(await mcp.callTool({ name: 'post_message', arguments: { group: 'lobby', body: `${n}` } }));
  t.deepEqual(
    results.map(({ isError }) => isError ?? false),
    [false, false, false, true],
  );
  t.regex(JSON.stringify(results[3]), /1 a second at most.*retry_after/);
});

test('MCP: a bot acts as itself in its group, and in no other', async (t) => {
  const site = await openSite(t);
  const team = await newGroup(site.ann, 'Team');
  const bot = await createBot(site.core, site.annUser.id, { name: 'deploy', group: site.lobby });
  const mcp = await connect(t, site.url, bot.token);
  t.like(await call(t, mcp, 'who_am_i'), { name: 'deploy', bot: true });
  t.is((await call<Message>(t, mcp, 'post_message', { group: 'lobby', body: 'Deployed' })).author.name, 'deploy');
  t.regex((await refused(t, mcp, 'post_message', { group: team, body: 'Deployed' })).text, /code: notFound/);
});

test('MCP: a store that is away is an error with the time to try again; an unexpected error says nothing of itself', async (t) => {
  const site = await openSite(t);
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  const { memberships } = site.core.store;
  const { ofUser } = memberships;
  const failWith = (error: Error): void => {
    memberships.ofUser = () => Promise.reject(error);
  };
  failWith(new StoreUnavailable('away, as the test wants it'));
  const { text, data } = await refused(t, mcp, 'list_groups');
  t.regex(text, /The database does not answer.*code: unavailable, retry_after: 2/);
  t.like(data, { code: 'unavailable', retry_after: 2 });
  const away = await t.throwsAsync<Error & { data?: unknown }>(mcp.listResources());
  t.regex(away.message, /The database does not answer/);
  t.like(away.data, { code: 'unavailable', retry_after: 2 });
  failWith(new Error('SECRET'));
  const failed = await refused(t, mcp, 'list_groups');
  t.regex(failed.text, /An internal error occurred.*request: [0-9a-z]{26}/);
  const list = await t.throwsAsync(mcp.listResources());
  t.false(/SECRET/.test(failed.text + list.message));
  memberships.ofUser = ofUser;
  t.is((await call<{ groups: unknown[] }>(t, mcp, 'list_groups')).groups.length, 1);
});
