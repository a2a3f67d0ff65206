import test from 'ava';
import { APPROVE, type MessageJson, openOffers, REJECT, stateIn } from './offers.ts';

const UNUSED = { open: true, count: 0, by: [], last: null, waiting: false };
const AT = '2026-01-02T12:00:00.000Z';

test('actions: a bot posts them; JSON has them with their defaults, text as lines, the page as forms', async (t) => {
  const { bob, offer, read, bobUser, annUser } = await openOffers(t);
  const asked = [
    APPROVE,
    { ...REJECT, confirm: 'Really?', value: '142' },
    { id: 'ask', label: 'Ask', who: ['@bob', 'Ann'], uses: 'many', show: 'nobody', fields: [{ id: 'why', label: 'Why', type: 'text' }] },
  ];
  const path = await offer(asked);
  const { actions } = await read(bob, path);
  const common = { fields: [], who: 'anyone', uses: 'once', show: 'names', state: UNUSED };
  t.deepEqual(actions as readonly object[], [
    { ...common, ...APPROVE },
    { ...common, ...asked[1] },
    { ...common, ...asked[2], style: 'default', who: [bobUser.id, annUser.id], state: { ...UNUSED, count: null } },
  ]);
  const seq = Number(path.split('/').at(-1));
  t.is(
    (await bob.get(path, 'text/plain')).text,
    'deploy: Deploy 1.4.2?\n  [action] Approve (approve)\n  [action] Reject (reject)\n  [action] Ask (ask)\n',
  );
  const { text } = await bob.get('/groups/lobby');
  t.regex(
    text,
    new RegExp(
      `<form method="post" action="${path}/actions/approve"[^>]*><input type="hidden" name="rev" value="${seq}"><button class="primary" name="do" value="approve">Approve</button></form>`,
    ),
  );
  t.regex(text, /<details><summary class="button danger">Reject…<\/summary><form method="post"/);
  t.regex(text, new RegExp(`<a class="button plain" href="${path}/actions/ask/form"`));
  t.regex(text, new RegExp(`data-for="${bobUser.id} ${annUser.id}"`));
  t.regex(text, /Ask \(only for Bob, Ann\)/);
});

test('actions: only bots post them, in JSON; an edit replaces them, and one without them leaves them', async (t) => {
  const { ann, bot, offer, read } = await openOffers(t);
  t.is((await ann.json('POST', '/groups/lobby/messages', { body: 'Mine', actions: [APPROVE] })).status, 403);
  t.is((await ann.json('POST', '/groups/lobby/messages', { body: 'Mine', actions: [] })).status, 201);
  t.is((await bot.form('/groups/lobby/messages', { body: 'x', actions: '[]' }, { Accept: 'application/json' })).status, 400);
  const path = await offer([APPROVE]);
  const ids = async () => (await read(ann, path)).actions.map(({ id }) => id);
  await bot.json('PATCH', path, { body: 'Deploy 1.4.3?' });
  t.deepEqual(await ids(), ['approve']);
  await bot.json('PATCH', path, { actions: [REJECT] });
  t.deepEqual(await ids(), ['reject']);
  t.like(await read(ann, path), { body: 'Deploy 1.4.3?' });
  t.is((await bot.json('PATCH', path, {})).status, 400);
  t.is((await ann.json('PATCH', path, { actions: [] })).status, 403);
  await bot.json('PATCH', path, { actions: [] });
  t.deepEqual(await ids(), []);
  const kept = { body: 'Build', actions: [APPROVE] };
  t.is((await bot.json('PUT', '/groups/lobby/by-key/b', kept)).status, 201);
  t.is((await bot.json('PUT', '/groups/lobby/by-key/b', kept)).status, 200);
  const again = (await bot.json('PUT', '/groups/lobby/by-key/b', { body: 'Build', actions: [REJECT] })).json<MessageJson>();
  t.deepEqual(
    again.actions.map(({ id }) => id),
    ['reject'],
  );
});

test('actions: once is once, for all of a choice; the other gets 409 with the message as it is', async (t) => {
  const { ann, bob, bobUser, offer, use, read, acts, bot } = await openOffers(t);
  const path = await offer([APPROVE, REJECT, { id: 'log', label: 'Log', uses: 'many' }]);
  const before = (await bob.get('/groups/lobby', 'application/json')).json<{ messages: number; unread: number }>();
  const first = await use(bob, path, 'approve');
  t.is(first.status, 200);
  const named = { id: bobUser.id, name: 'Bob' };
  const used = { open: false, count: 1, by: [named], last: { by: named, at: AT }, waiting: true };
  t.deepEqual(stateIn(first.json(), 'approve'), used);
  t.like(stateIn(first.json(), 'reject'), { open: false, count: 0 });
  const second = await use(ann, path, 'reject');
  t.is(second.status, 409);
  t.is(second.headers.get('content-type'), 'application/problem+json');
  t.like(second.json(), { code: 'conflict', field: 'action', detail: 'Bob was faster: Approved.' });
  t.deepEqual(stateIn(second.json<{ message: MessageJson }>().message, 'approve'), used);
  t.like((await use(bob, path, 'approve')).json(), { status: 409, detail: 'You have already done this.' });
  t.is((await use(ann, path, 'log')).status, 200);
  t.is((await use(ann, path, 'log')).status, 200);
  t.like(stateIn(await read(bob, path), 'log'), { open: true, count: 2, waiting: true });
  t.is((await use(ann, path, 'nothing')).status, 409);
  t.is((await acts()).length, 3);
  const after = (await bob.get('/groups/lobby', 'application/json')).json<{ messages: number; unread: number }>();
  t.deepEqual([after.messages, after.unread], [before.messages, before.unread], 'it is no message');
  t.regex(
    (await bob.get(path, 'text/plain')).text,
    /\[action\] Approved, Bob, 12:00, waiting for the bot\n {2}\[action\] Log \(log\), Ann, 12:00/,
  );
  t.is((await bot.json('PATCH', path, { body: 'Deployed' })).status, 200);
  t.false(stateIn(await read(bob, path), 'approve').waiting);
});

test('actions: once for each person, and without a limit; an edit keeps the uses of the ids that it has', async (t) => {
  const { ann, bob, bot, offer, use, read } = await openOffers(t);
  const vote = { id: 'in', label: 'I am in', uses: 'person' };
  const path = await offer([vote]);
  for (const who of [ann, bob]) t.is((await use(who, path, 'in')).status, 200);
  for (const who of [ann, bob]) t.is((await use(who, path, 'in')).status, 409);
  t.like(stateIn(await read(ann, path), 'in'), {
    open: true,
    count: 2,
    by: [{ name: 'Ann' }, { name: 'Bob' }],
    last: { by: { name: 'Bob' } },
  });
  await bot.json('PATCH', path, { actions: [{ ...vote, label: 'Me too' }] });
  t.like(stateIn(await read(ann, path), 'in'), { count: 2 });
  t.is((await use(ann, path, 'in')).status, 409);
  await bot.json('PATCH', path, { actions: [] });
  await bot.json('PATCH', path, { actions: [vote] });
  t.deepEqual(stateIn(await read(ann, path), 'in'), UNUSED, 'a new action');
});

test('actions: only for those whom the bot names, members of a group that is not archived, and messages that are not erased', async (t) => {
  const { ann, bob, bot, signUp, offer, use } = await openOffers(t);
  const eve = await signUp('Eve');
  const path = await offer([
    { id: 'bobs', label: 'Bob', who: ['Bob'], uses: 'many' },
    { id: 'mods', label: 'Moderators', who: 'moderators', uses: 'many' },
    { id: 'any', label: 'Any', uses: 'many' },
  ]);
  const statuses = async (who: typeof ann) => Promise.all(['bobs', 'mods', 'any'].map(async (id) => (await use(who, path, id)).status));
  t.deepEqual(await statuses(ann), [403, 200, 200]);
  t.deepEqual(await statuses(bob), [200, 403, 200]);
  t.deepEqual(await statuses(eve), [404, 404, 404]);
  t.deepEqual(await statuses(bot), [403, 403, 200], 'bots too');
  t.like((await use(ann, path, 'bobs')).json(), { detail: 'Only for: Bob.' });
  await ann.form('/groups/lobby/settings', { action: 'archive', on: '1' });
  t.deepEqual(await statuses(bob), [403, 403, 403]);
  await ann.form('/groups/lobby/settings', { action: 'archive', on: '0' });
  await bot.json('DELETE', path);
  const gone = await use(bob, path, 'any');
  t.like(gone.json(), { status: 409, detail: 'The message is erased.', message: { erased: true, actions: [] } });
  await bot.json('POST', `${path}/unerase`);
  t.is((await use(bob, path, 'any')).status, 200);
});

test('actions: a repeated key counts once; for something else it is refused', async (t) => {
  const { bob, ann, offer, use, acts } = await openOffers(t);
  const path = await offer([
    { id: 'many', label: 'Many', uses: 'many', fields: [{ id: 'why', label: 'Why', type: 'text', optional: true }] },
    APPROVE,
  ]);
  const keyed = (who: typeof ann, action: string, values: Record<string, string>, key = 'k') =>
    use(who, path, action, values, { 'Idempotency-Key': key });
  for (let n = 0; n < 3; n += 1) t.is((await keyed(bob, 'many', { why: 'x' })).status, 200);
  t.is((await keyed(bob, 'many', { why: 'y' })).status, 422);
  t.is((await keyed(bob, 'approve', {})).status, 422);
  t.is((await keyed(ann, 'many', { why: 'y' })).status, 200, 'keys are those of one account');
  for (let n = 0; n < 2; n += 1) t.is((await keyed(bob, 'approve', {}, 'once')).status, 200, 'though it is used up');
  const all = await Promise.all(Array.from({ length: 8 }, () => keyed(bob, 'many', { why: 'z' }, 'at once')));
  t.deepEqual(new Set(all.map(({ status }) => status)), new Set([200]));
  await bob.json('POST', '/groups/lobby/messages', { body: 'hi' }, { 'Idempotency-Key': 'taken' });
  t.is((await keyed(bob, 'many', {}, 'taken')).status, 422);
  t.is((await acts()).length, 4);
});

test('actions without JavaScript: the form leads back to the message; a refused one shows the message and why', async (t) => {
  const { ann, bob, offer, acts } = await openOffers(t);
  const path = await offer([APPROVE]);
  const seq = path.split('/').at(-1);
  const form = { rev: `${seq}`, do: 'approve' };
  const done = await bob.form(`${path}/actions/approve`, form);
  t.deepEqual([done.status, done.headers.get('location')], [303, `/groups/lobby?at=${seq}#m-${seq}`]);
  t.is((await bob.form(`${path}/actions/approve`, form)).status, 303, 'the same form again is the same use');
  const late = await ann.form(`${path}/actions/approve`, form);
  t.is(late.status, 409);
  t.regex(late.text, /<p id="trouble" class="wrong" role="alert">Bob was faster: Approved\.<\/p>/);
  t.regex(late.text, /<b>Approved<\/b> by Bob, <time datetime="2026-01-02T12:00:00.000Z">12:00<\/time>/);
  t.regex(late.text, /Waiting for deploy/);
  t.false(late.text.includes(`action="${path}/actions/approve"`));
  const fragment = await ann.form(`${path}/actions/approve`, form, { 'HX-Request': 'true' });
  t.is(fragment.status, 409);
  t.regex(fragment.text, /^<article id="m-\d+"[\s\S]*<p class="wrong" role="alert">Bob was faster: Approved\.<\/p>/);
  t.is((await acts()).length, 1);
});

const FIELDS = [
  { id: 'why', label: 'Why', type: 'text', max: 10 },
  { id: 'day', label: 'Day', type: 'date', optional: true },
  {
    id: 'part',
    label: 'Part',
    type: 'select',
    options: [
      { text: 'All', value: 'a' },
      { text: 'Web', value: 'w' },
    ],
    initial: 'w',
  },
  { id: 'who', label: 'Who', type: 'member', optional: true },
];

test('actions with fields: the page asks for them, and shows a refused form again with what was typed', async (t) => {
  const { bob, bobUser, annUser, offer, acts } = await openOffers(t);
  const path = await offer([{ id: 'ask', label: 'Ask', fields: FIELDS, confirm: 'Sure?' }]);
  const { text } = await bob.get(`${path}/actions/ask/form`);
  t.regex(text, /<h1>Ask<\/h1>[\s\S]*<form class="edit" method="post"[\s\S]*Sure\?/);
  t.regex(text, /<input id="ask-\d+-why" name="value-why" type="text" value="" [^>]*maxlength="10" autofocus required>/);
  t.regex(text, /<option value="w" selected>Web<\/option>/);
  t.regex(text, new RegExp(`<option value="${annUser.id}">Ann</option>\n<option value="${bobUser.id}">Bob</option>\n</select>`));
  const wrong = await bob.form(`${path}/actions/ask`, { 'value-why': 'far too long for it', 'value-part': 'a', rev: '2' });
  t.is(wrong.status, 422);
  t.regex(wrong.text, /role="alert">Why: 10 characters at most\.<\/p>/);
  t.regex(wrong.text, /name="value-why" type="text" value="far too long for it"[^>]* aria-invalid="true" autofocus/);
  t.regex(wrong.text, /<option value="a" selected>/);
  const fragment = await bob.form(`${path}/actions/ask`, { 'value-part': 'a' }, { 'HX-Request': 'true' });
  t.deepEqual([fragment.status, fragment.text.trim()], [422, 'Why: a value is missing.']);
  const opened = await bob.get(`${path}/actions/ask/form`, 'text/html', { 'HX-Request': 'true' });
  t.regex(opened.text, /^\s*<form class="edit"/);
  const form = { 'value-why': ' late ', 'value-day': '2026-11-01', 'value-part': 'a', 'value-who': annUser.id, rev: '2' };
  t.is((await bob.form(`${path}/actions/ask`, form)).status, 303);
  const [act] = await acts();
  t.deepEqual(act?.values, { why: 'late', day: '2026-11-01', part: 'a', who: annUser.id });
  t.is((await bob.get(`${path}/actions/ask/form`)).status, 409, 'it is used up');
});

test('actions with fields: values are checked as their fields ask', async (t) => {
  const { bob, annUser, offer, use, acts } = await openOffers(t);
  const path = await offer([{ id: 'ask', label: 'Ask', fields: FIELDS, uses: 'many' }]);
  const good = { why: 'late', part: 'a' };
  for (const [values, field] of [
    [{ part: 'a' }, 'values.why'],
    [{ ...good, why: '\u200b ' }, 'values.why'],
    [{ ...good, why: '12345678901' }, 'values.why'],
    [{ ...good, day: '2026-02-30' }, 'values.day'],
    [{ ...good, day: 'tomorrow' }, 'values.day'],
    [{ ...good, part: 'b' }, 'values.part'],
    [{ ...good, who: 'nobody' }, 'values.who'],
    [{ ...good, other: 'x' }, 'values'],
    [{ ...good, toString: 'x' }, 'values'],
  ] as const) {
    const { status, json } = await use(bob, path, 'ask', values);
    t.deepEqual([status, json<{ field: string }>().field], [422, field], JSON.stringify(values));
  }
  for (const values of [good, { ...good, day: '2028-02-29' }, { ...good, who: '@ANN' }, { ...good, who: annUser.id, day: '' }])
    t.is((await use(bob, path, 'ask', values)).status, 200, JSON.stringify(values));
  t.deepEqual(
    (await acts()).map(({ values }) => values?.who),
    [undefined, undefined, annUser.id, annUser.id],
  );
  for (const body of [{ values: 'x' }, { values: ['x'] }, { values: { why: 1 } }, { values: { why: { $ne: '' } } }])
    t.is((await bob.json('POST', `${path}/actions/ask`, body)).status, 400, JSON.stringify(body));
  t.is((await bob.form(`${path}/actions/ask`, { rev: 'x' })).status, 400);
});

test('actions: lock ends them, and an edit that gives actions answers; neither marks the text as edited', async (t) => {
  const { ann, bob, bot, offer, use, read } = await openOffers(t);
  const path = await offer([APPROVE, REJECT, { id: 'log', label: 'Log', uses: 'many' }]);
  await use(bob, path, 'log');
  t.is((await bot.json('PATCH', path, { lock: ['nothing'] })).status, 422);
  t.is((await bot.json('PATCH', path, { lock: ['log'] })).status, 200);
  t.like((await use(bob, path, 'log')).json(), { status: 409, detail: 'The bot has ended this.' });
  t.like(await read(bob, path), { edited_at: null });
  t.like(stateIn(await read(bob, path), 'log'), { open: false, count: 1, waiting: false });
  t.is((await use(bob, path, 'approve')).status, 200);
  t.true(stateIn(await read(bob, path), 'approve').waiting);
  const { actions } = await read(bot, path);
  t.is((await bot.json('PATCH', path, { actions })).status, 200, 'as they are read, they can be sent back');
  t.false(stateIn(await read(bob, path), 'approve').waiting, 'nothing changed, but the bot has answered');
  await bot.json('PATCH', path, { lock: true });
  t.is((await use(ann, path, 'reject')).status, 409);
  t.is((await read(bob, path)).actions.filter(({ locked }) => locked).length, 3);
  const versions = async () => (await bob.get(`${path}/history`, 'application/json')).json<{ body: string }[]>().map(({ body }) => body);
  t.deepEqual(await versions(), ['Deploy 1.4.2?']);
  await bot.json('PATCH', path, { body: 'Deployed', actions: [] });
  t.deepEqual(await versions(), ['Deploy 1.4.2?', 'Deployed']);
  t.not((await read(bob, path)).edited_at, null);
});

test('actions: the catalogue has their texts in French', async (t) => {
  const { ann, bob, offer, use } = await openOffers(t);
  const path = await offer([APPROVE]);
  await use(bob, path, 'approve');
  const french = { 'Accept-Language': 'fr' };
  const { text } = await ann.form(`${path}/actions/approve`, {}, french);
  t.regex(text, /Bob a été plus rapide\u00a0: Approved\./);
  t.regex((await ann.get('/groups/lobby', 'text/html', french)).text, /<b>Approved<\/b> par Bob/);
});
