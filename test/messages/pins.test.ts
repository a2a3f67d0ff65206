import test from 'ava';
import { addMember } from '../../lib/groups/operations.ts';
import { scrubDue } from '../../lib/log/scrub.ts';
import { erase, post } from '../../lib/messages/operations.ts';
import { countPins, pin, readPins } from '../../lib/messages/pins.ts';
import { MAX_PINS } from '../../lib/messages/rules.ts';
import type { Client } from '../helpers/client.ts';
import { accessOf, openTestCore, textDraft, wholeLog } from '../helpers/core-fixture.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

const seqsOf = (folded: readonly { readonly message: { readonly seq: number } }[]): number[] => folded.map(({ message }) => message.seq);

test('pins: any member pins and unpins, idempotently; newest first', async (t) => {
  const { core, group, ann, bob } = await openTestCore(t);
  const [byAnn, byBob] = [await accessOf(core, ann, group), await accessOf(core, bob, group)];
  const one = (await post(core, byAnn, { body: 'one' })).message.seq;
  const two = (await post(core, byBob, { body: 'two' })).message.seq;
  const pinned = await pin(core, byBob, one, true);
  t.like(pinned.state.pinned, { by: bob.id, seq: pinned.rev });
  await pin(core, byAnn, two, true);
  const before = await core.store.log.head(group.id);
  await pin(core, byAnn, one, true);
  t.deepEqual(await core.store.log.head(group.id), before);
  t.deepEqual(seqsOf(await readPins(core, group.id)), [two, one]);
  t.is((await pin(core, byAnn, one, false)).state.pinned, undefined);
  await pin(core, byAnn, one, false);
  t.deepEqual(seqsOf(await readPins(core, group.id)), [two]);
  await pin(core, byAnn, one, true);
  t.deepEqual(seqsOf(await readPins(core, group.id)), [one, two], 'pinned again, it is the newest');
  t.is(await countPins(core, group.id), 2);
});

test('pins: refused for non-members, erased messages and archived groups', async (t) => {
  const { core, group, ann, bob, eve } = await openTestCore(t);
  const at = await accessOf(core, bob, group);
  const { seq } = (await post(core, at, { body: 'one' })).message;
  await t.throwsAsync(pin(core, await accessOf(core, eve, group), seq, true), { message: /Not found/ });
  await addMember(core, ann.id, group, eve);
  await pin(core, await accessOf(core, eve, group), seq, true);
  await erase(core, at, seq);
  t.deepEqual(await readPins(core, group.id), []);
  await t.throwsAsync(pin(core, at, seq, false), { message: /erased messages cannot be pinned/i });
  await core.store.groups.update(group.id, { archived: true });
  await t.throwsAsync(pin(core, await accessOf(core, bob, group), seq, true), { message: /archived/ });
});

test('pins: a scrubbed message does not count', async (t) => {
  const { core, clock, group, ann } = await openTestCore(t);
  const at = await accessOf(core, ann, group);
  const { seq } = (await post(core, at, { body: 'one' })).message;
  await pin(core, at, seq, true);
  await erase(core, at, seq);
  t.is((await core.store.log.pins(group.id, 9)).length, 1, 'it may be taken back');
  clock.turn(60_000);
  await scrubDue(core);
  t.deepEqual(await core.store.log.pins(group.id, 9), []);
});

test('pins: a pin that a crash left behind is not shown and is cleared', async (t) => {
  const { core, group, ann, bob } = await openTestCore(t);
  const at = await accessOf(core, ann, group);
  const { seq } = (await post(core, at, { body: 'one' })).message;
  await pin(core, at, seq, true);
  // The entry that pin(…, false) writes before it updates the list of pins.
  await core.appender.append(group.id, { ...textDraft(bob.id, ''), kind: 'unpin', target: seq } as Parameters<
    typeof core.appender.append
  >[1]);
  t.is((await core.store.log.pins(group.id, 9)).length, 1);
  t.deepEqual(await readPins(core, group.id), []);
  t.deepEqual(await core.store.log.pins(group.id, 9), []);
});

test('pins: the limit holds for concurrent pins of two processes', async (t) => {
  const opened = await openTestCore(t);
  const { core, group, ann } = opened;
  const other = await opened.second();
  const at = await accessOf(core, ann, group);
  const posted = await Promise.all(Array.from({ length: MAX_PINS + 6 }, (_, index) => post(core, at, { body: `${index}` })));
  const seqs = posted.map(({ message }) => message.seq);
  const tried = await Promise.allSettled(seqs.map((seq, index) => pin(index % 2 ? core : other, at, seq, true)));
  t.is(tried.filter(({ status }) => status === 'fulfilled').length, MAX_PINS);
  t.is((await readPins(core, group.id)).length, MAX_PINS);
  t.is((await wholeLog(core, group.id)).filter(({ kind }) => kind === 'pin').length, MAX_PINS);
  const [first] = seqsOf(await readPins(core, group.id));
  const refused = seqs[tried.findIndex(({ status }) => status === 'rejected')] ?? 0;
  await pin(core, at, first ?? 0, false);
  t.truthy((await pin(core, at, refused, true)).state.pinned, 'a place that is free again is taken');
});

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

test('pins: form, htmx and API; page, JSON and text; the group page counts them', async (t) => {
  const { url } = (await ann.json('POST', '/groups/lobby/messages', { body: 'read <this> first' })).json<{ url: string }>();
  t.regex((await ann.get('/groups/lobby')).text, /<a id="pins"[^>]* hidden>/);
  t.regex((await ann.get('/groups/lobby/pins')).text, /No pinned messages/);
  const form = await ann.form(`${url}/pin`, { on: '1' });
  t.deepEqual([form.status, form.headers.get('location')], [303, url.replace(/\/messages\/(\d+)$/, '?at=$1#m-$1')]);
  t.regex(
    (await ann.get('/groups/lobby')).text,
    /<a id="pins" class="pins" href="\/groups\/lobby\/pins"><span class="i i-pin" aria-hidden="true"><\/span><span>Pinned \(<b>1<\/b>\)/,
  );
  t.regex((await ann.get('/groups/lobby/pins')).text, /read &lt;this&gt; first[\s\S]*Pinned by Ann/);
  t.is((await ann.get('/groups/lobby/pins', 'text/plain')).text, 'Ann: read <this> first\n');
  const [pinned] = (await ann.get('/groups/lobby/pins', 'application/json')).json<{ url: string; pinned: { by: { name: string } } }[]>();
  t.deepEqual([pinned?.url, pinned?.pinned.by.name], [url, 'Ann']);
  const row = await ann.form(`${url}/pin`, { on: '0' }, { 'HX-Request': 'true' });
  t.regex(row.text, /^<article id="m-2"(?![^>]* data-pinned)/);
  t.deepEqual((await ann.get('/groups/lobby/pins', 'application/json')).json(), []);
  t.is((await ann.json('PUT', `${url}/pin`)).json<{ pinned: object | null }>().pinned === null, false);
  t.is((await ann.json('DELETE', `${url}/pin`)).json<{ pinned: object | null }>().pinned, null);
});

test('pins: hidden from non-members', async (t) => {
  await ann.json('POST', '/groups', { name: 'Den' });
  const eve = await site.signUp('Eve');
  t.is((await eve.get('/groups/den/pins')).status, 404);
  t.is((await ann.get('/groups/den/pins')).status, 200);
});
