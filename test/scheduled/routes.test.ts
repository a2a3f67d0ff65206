import test, { type ExecutionContext } from 'ava';
import { newKey } from '../encryption/keys.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { bodiesFor, newGroup, postAs } from '../helpers/fixtures.ts';
import { LOBBY, openSite, type Site } from '../helpers/site.ts';

const SCHEDULED = `${LOBBY}/scheduled`;
const HOUR_MS = 3_600_000;

type Item = {
  readonly id: string;
  readonly url: string;
  readonly group: string | null;
  readonly body: string;
  readonly at: string;
  readonly state: string;
  readonly failure: { readonly code: string; readonly message: string } | null;
};
type Problem = { readonly code: string; readonly field?: string; readonly detail: string };

const iso = (at: number): string => new Date(at).toISOString();
const listed = async (who: Client): Promise<Item[]> =>
  (await who.get('/scheduled', 'application/json')).json<{ results: Item[] }>().results;

async function send({ server }: Site): Promise<void> {
  server.scheduled.wake();
  await server.scheduled.idle();
}

async function open(t: ExecutionContext) {
  const site = await openSite(t);
  const at = site.clock.now() + HOUR_MS;
  const later = async (body: string, who = site.ann): Promise<Item> => (await who.json('POST', SCHEDULED, { body, at })).json<Item>();
  return { ...site, at, later };
}

test('API: schedule, list, read, change, send', async (t) => {
  const site = await open(t);
  const { ann, bob, at, clock } = site;
  const { seq } = await postAs(bob, 'When?');
  const made = await ann.json('POST', SCHEDULED, { body: '*Now*', at: iso(at), format: 'markdown', reply_to: seq });
  t.is(made.status, 201);
  const { id, url, ...rest } = made.json<Item>();
  t.is(made.headers.get('location'), `/scheduled/${id}`);
  t.is(url, `/scheduled/${id}`);
  t.deepEqual(rest as object, {
    ...{ kind: 'message', group: 'lobby', about: null, body: '*Now*', format: 'markdown', reply_to: seq, at: iso(at) },
    ...{ created_at: iso(clock.now()), state: 'waiting', failure: null },
  });
  t.deepEqual(await listed(ann), [made.json<Item>()]);
  t.deepEqual(await listed(bob), [], 'nobody else sees it');
  t.deepEqual((await ann.get(url, 'application/json')).json(), made.json());
  for (const [method, body] of [
    ['GET', undefined],
    ['PATCH', { body: 'x' }],
    ['DELETE', undefined],
  ] as const)
    t.is((await bob.json(method, url, body)).status, 404, method);
  const changed = await ann.json('PATCH', url, { body: '*Then*', at: at + 1 });
  t.like(changed.json<Item>(), { body: '*Then*', at: iso(at + 1) });
  clock.turn(HOUR_MS + 1);
  await send(site);
  const [, message] = (await ann.get(`${LOBBY}/messages`, 'application/json')).json<{ body: string; format: string; reply_to: number }[]>();
  t.like(message, { body: '*Then*', format: 'markdown', reply_to: seq });
  t.deepEqual(await listed(ann), []);
  t.is((await ann.json('DELETE', url)).status, 404);
});

test('API: texts, and a key', async (t) => {
  const { ann, at } = await open(t);
  const text = (path: string, body: string, headers = {}) =>
    ann.send(path, { method: 'POST', body, headers: { Accept: 'text/plain', 'Content-Type': 'text/plain', ...headers } });
  const query = `?at=${encodeURIComponent(iso(at))}`;
  const made = await text(`${SCHEDULED}${query}`, 'tea', { 'Idempotency-Key': 'k1' });
  t.is(made.status, 201);
  t.regex(made.text, /^\/scheduled\/[0-9a-f]{24}\n$/);
  const again = await text(`${SCHEDULED}${query}`, 'tea', { 'Idempotency-Key': 'k1' });
  t.deepEqual([again.status, again.text], [200, made.text]);
  t.is((await text(`${SCHEDULED}${query}`, 'coffee', { 'Idempotency-Key': 'k1' })).status, 422);
  const { text: list } = await ann.get('/scheduled', 'text/plain');
  t.regex(list, new RegExp(`^[0-9a-f]{24} ${iso(at)} message lobby: tea\n$`));
  const local = await text(`${SCHEDULED}?at=2026-01-03T09:00&time_zone=Europe/Paris`, 'croissants');
  t.is(local.status, 201);
  t.is((await listed(ann)).find(({ body }) => body === 'croissants')?.at, '2026-01-03T08:00:00.000Z');
});

test('API: what is refused names its field', async (t) => {
  const { ann, bob, at, clock } = await open(t);
  for (const [fields, field] of [
    [{ body: 'x' }, 'at'],
    [{ body: 'x', at: 'tomorrow' }, 'at'],
    [{ body: 'x', at: '2026-01-03T09:00' }, 'at'],
    [{ body: 'x', at: clock.now() - 1 }, 'at'],
    [{ body: 'x', at: iso(clock.now() + 400 * 24 * HOUR_MS) }, 'at'],
    [{ body: ' ', at }, 'body'],
    [{ body: 'x', at, reply_to: 4711 }, 'reply_to'],
    [{ body: 'x', at: '2026-01-03T09:00', time_zone: 'Mars/Olympus' }, 'time_zone'],
  ] as const) {
    const answer = await ann.json('POST', SCHEDULED, fields);
    t.deepEqual([answer.status, answer.json<Problem>().field], [422, field], JSON.stringify(fields));
  }
  t.is((await ann.json('POST', SCHEDULED, { at })).status, 400);
  const board = await newGroup(ann, 'Board');
  t.is((await bob.json('POST', `/groups/${board}/scheduled`, { body: 'x', at })).status, 404);
  await ann.json('POST', `/groups/${board}/settings`, { action: 'archive', on: '1' });
  t.is((await ann.json('POST', `/groups/${board}/scheduled`, { body: 'x', at })).status, 403);
});

test('a message of one’s own is not unread, unless there are others before it', async (t) => {
  const site = await open(t);
  const { ann, bob, later, clock } = site;
  const unread = async (who: Client) => (await who.get(LOBBY, 'application/json')).json<{ unread: number }>().unread;
  await later('first');
  clock.turn(HOUR_MS);
  await send(site);
  await eventually(async () => (await unread(ann)) === 0);
  t.is(await unread(bob), 1);
  await postAs(bob, 'And you?');
  await ann.json('POST', SCHEDULED, { body: 'second', at: clock.now() });
  await send(site);
  t.is(await unread(ann), 2);
});

test('API: what failed says why, and no more of a group that its author has left', async (t) => {
  const site = await open(t);
  const { ann, bob, later, clock } = site;
  const { url } = await later('too late', bob);
  await bob.form(`${LOBBY}/members`, { action: 'leave' });
  clock.turn(HOUR_MS);
  await send(site);
  t.like(await listed(bob), [
    { state: 'failed', group: null, failure: { code: 'not_member', message: 'You were not in the group any more.' } },
  ]);
  t.regex(
    (await bob.get('/scheduled')).text,
    /Not sent[\s\S]*in a group that you are not in any more[\s\S]*You were not in the group any more\./,
  );
  t.regex((await bob.get('/scheduled', 'text/plain')).text, /message -: too late \(failed: You were not/);
  await bob.form('/groups/join', { slug: 'lobby' });
  await bob.json('PATCH', url, { at: clock.now() });
  await send(site);
  t.deepEqual(await bodiesFor(ann), ['too late']);
});

test('pages without JavaScript: from the composer to the list, changed and cancelled there', async (t) => {
  const site = await open(t);
  const { ann, clock } = site;
  const page = await ann.get(LOBBY);
  t.regex(page.text, /<button class="later" formaction="\/groups\/lobby\/scheduled\/new"/);
  const form = await ann.form(`${SCHEDULED}/new`, { body: 'Lunch <soon>', reply_to: '', time_zone: '', key: 'k' });
  t.is(form.status, 200);
  t.regex(form.text, /<textarea id="schedule-body"[^>]*>Lunch &lt;soon&gt;<\/textarea>/);
  t.regex(form.text, /Time zone: <span class="own-zone">UTC<\/span>/);
  const refused = await ann.form(SCHEDULED, { body: 'Lunch <soon>', at: '2025-01-01T09:00', time_zone: '', key: 'k2' });
  t.is(refused.status, 422);
  t.regex(refused.text, /value="2025-01-01T09:00"[\s\S]*This time is past/);
  t.regex(refused.text, /name="key" value="k2"[\s\S]*Lunch &lt;soon&gt;<\/textarea>/);
  for (let twice = 1; twice <= 2; twice += 1) {
    const sent = await ann.form(SCHEDULED, { body: 'Lunch <soon>', at: '2026-01-03T09:00', time_zone: '', key: 'k2', reply_to: '' });
    t.deepEqual([sent.status, sent.headers.get('location')], [303, '/scheduled']);
  }
  const list = await ann.get('/scheduled');
  t.regex(list.text, /It will be sent: 3 Jan 2026, 09:00 \(UTC\)\./);
  t.is(list.text.match(/Lunch &lt;soon&gt;/g)?.length, 1);
  t.regex(list.text, /datetime="2026-01-03T09:00:00.000Z"/);
  const [one] = await listed(ann);
  const url = one?.url ?? '';
  t.regex((await ann.get(url)).text, /data-iso="2026-01-03T09:00:00.000Z"[\s\S]*value="2026-01-03T09:00"/);
  const wrong = await ann.form(`${url}/edit`, { body: ' ', at: '2026-01-03T10:00', time_zone: 'Europe/Paris' });
  t.regex(wrong.text, /Message is empty\./);
  t.regex(wrong.text, /value="2026-01-03T10:00"/);
  t.is(
    (await ann.form(`${url}/edit`, { body: 'Lunch', at: '2026-01-03T10:00', time_zone: 'Europe/Paris' })).headers.get('location'),
    '/scheduled',
  );
  t.like(await listed(ann), [{ body: 'Lunch', at: '2026-01-03T09:00:00.000Z' }]);
  await ann.form(`${url}/edit`, { body: 'Lunch', at: '', time_zone: 'Europe/Paris', pick: 'hour' });
  t.like(await listed(ann), [{ at: iso(clock.now() + HOUR_MS) }]);
  await ann.form('/settings/appearance', { time_zone: 'Europe/Paris' });
  t.regex((await ann.get(url)).text, /value="2026-01-02T14:00"/);
  t.is((await ann.form(`${url}/edit`, { cancel: '1' })).headers.get('location'), '/scheduled');
  t.regex((await ann.get('/scheduled')).text, /Cancelled\. It will not be sent\.[\s\S]*Nothing is scheduled\./);
});

test('own data: scheduled messages are downloaded, and gone with the account', async (t) => {
  const { ann, bob, later, core, bobUser } = await open(t);
  await later('mine', bob);
  await later('hers', ann);
  const { text } = await bob.get('/settings/data.jsonl');
  t.regex(text, /"type":"scheduled_message","group":"[^"]+","kind":"message","body":"mine"/);
  t.false(text.includes('hers'));
  t.is((await bob.form('/settings/delete', { current: 'correct horse battery', messages: 'keep' })).status, 303);
  t.is(await core.store.scheduled.count(bobUser.id), 0);
  t.is((await listed(ann)).length, 1);
});

test('encrypted: a text that cannot be decrypted is not sent, and says so', async (t) => {
  const site = await openSite(t, { env: { ENCRYPTION_KEYS: newKey('k1') } });
  const { ann, core, clock } = site;
  const { raw } = core.encryption ?? { raw: core.store };
  const at = clock.now() + HOUR_MS;
  const { id } = (await ann.json('POST', SCHEDULED, { body: 'zebrafish', at })).json<Item>();
  await ann.json('POST', SCHEDULED, { body: 'intact', at });
  t.false((await raw.scheduled.byId(id))?.body.includes('zebrafish'));
  await raw.scheduled.update(id, 1, { body: '\u0001k1:AAAA' });
  clock.turn(HOUR_MS);
  await send(site);
  t.deepEqual(await bodiesFor(ann), ['intact']);
  t.like(await listed(ann), [{ state: 'failed', failure: { code: 'unreadable' } }]);
  await ann.json('PATCH', `/scheduled/${id}`, { body: 'again', at: clock.now() });
  await send(site);
  t.deepEqual(await bodiesFor(ann), ['intact', 'again']);
});
