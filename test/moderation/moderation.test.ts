import test from 'ava';
import { wholeAudit } from '../../lib/audit/reading.ts';
import type { Core } from '../../lib/core.ts';
import { REPORTS_GROUP } from '../../lib/ids.ts';
import { listReports } from '../../lib/moderation/reports.ts';
import { bodiesFor, groupAt, newGroup, openLobby, postAs } from '../helpers/fixtures.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

const acts = async (core: Core) =>
  (await Array.fromAsync(wholeAudit(core))).map(({ act, subject, detail }) => [act, subject?.name, detail]);

for (const [store, register, env] of STORES)
  register.serial(`${store}: reports: a member reports a message, and an administrator who is not in the group erases it`, async (t) => {
    const { core, ann, bob, signUp } = await openLobby(t, { env: env() });
    const eve = await signUp('Eve');
    const slug = await newGroup(bob, 'Kitchen', ['Eve']);
    const { seq, url } = await postAs(bob, 'Buy <b>now</b>', slug);
    t.regex((await eve.get(`${url}/report`)).text, /Buy &lt;b&gt;now/);
    t.is((await eve.form(`${url}/report`, { reason: ' ' })).status, 422);
    t.is((await eve.form(`${url}/report`, { reason: 'Spam' })).status, 303);
    t.is((await eve.form(`${url}/report`, { reason: 'Spam again' })).status, 303);
    t.is((await listReports(core)).length, 1, 'once');
    t.is((await bob.form(`${url}/report`, { reason: 'mine' })).status, 403);
    t.is((await ann.form(`${url}/report`, { reason: 'x' })).status, 404, 'who is not in the group cannot');
    t.is((await eve.get('/admin/reports')).status, 403);

    const page = (await ann.get('/admin/reports')).text;
    t.regex(page, /Open \(1\)[\s\S]*Spam[\s\S]*Buy &lt;b&gt;now/);
    const [, action = ''] = /action="(\/admin\/reports\/\d+)"/.exec(page) ?? [];
    t.is((await eve.form(action, { action: 'erase' })).status, 403);
    t.is((await ann.form(action, { action: 'erase' })).status, 303);
    t.deepEqual(await bodiesFor(eve, slug), ['']);
    t.is((await ann.form(action, { action: 'keep' })).status, 409);
    t.regex((await ann.get('/admin/reports?state=closed')).text, /Spam[\s\S]*Message erased[\s\S]*Erased by Ann/);
    t.regex((await ann.get('/admin/reports')).text, /No open reports/);
    t.is((await eve.form(`${url}/report`, { reason: 'again' })).status, 403, 'it is erased');
    t.is((await bob.form(`${url}/unerase`, {})).status, 403, 'for good');
    t.deepEqual(await acts(core), [
      ['message_erased', `message ${seq} in kitchen`, 'by Bob'],
      ['report_closed', `message ${seq}`, 'the message is erased'],
    ]);
  });

test('reports: of direct messages administrators see the one that was reported, and no other', async (t) => {
  const { ann, bob, signUp } = await openLobby(t);
  const eve = await signUp('Eve');
  const { slug } = (await bob.json('POST', '/direct', { with: 'Eve' })).json<{ slug: string }>();
  await postAs(bob, 'between us', slug);
  const { url } = await postAs(bob, 'a threat', slug);
  t.is((await eve.form(`${url}/report`, { reason: 'He threatens me' })).status, 303);
  const page = (await ann.get('/admin/reports')).text;
  t.regex(page, /a threat/);
  t.notRegex(page, /between us/);
  t.is((await ann.get(url)).status, 404);
  t.notRegex((await ann.get(`/admin/messages?q=${encodeURIComponent(url)}`)).text, /a threat/);
  t.notRegex((await ann.get('/admin/messages?q=between')).text, /between us/);
  const [, action = ''] = /action="(\/admin\/reports\/\d+)"/.exec(page) ?? [];
  await ann.form(action, { action: 'keep' });
  t.deepEqual(await bodiesFor(eve, slug), ['between us', 'a threat']);
});

test('messages: administrators find those of all groups by words and by link, and erase them', async (t) => {
  const { core, ann, bob } = await openLobby(t);
  const slug = await newGroup(bob, 'Kitchen');
  const first = await postAs(bob, 'the secret recipe', slug);
  const second = await postAs(bob, 'another recipe', slug);
  t.is((await bob.get('/admin/messages?q=recipe')).status, 403);
  const found = (await ann.get('/admin/messages?q=recipe+in:kitchen+from:bob')).text;
  t.regex(found, /another <mark>recipe<\/mark>[\s\S]*secret <mark>recipe<\/mark>/);
  t.regex((await ann.get('/admin/messages?q=recipe+in:lobby')).text, /Nothing found/);
  t.regex((await ann.get(`/admin/messages?q=${encodeURIComponent(`https://chat.example.org${first.url}`)}`)).text, /the secret recipe/);
  t.is((await bob.form('/admin/messages', { group: slug, seq: String(first.seq) })).status, 403);
  const erased = await ann.form('/admin/messages', { group: slug, seq: String(first.seq), q: 'recipe' });
  t.is(erased.headers.get('location'), '/admin/messages?q=recipe');
  t.deepEqual(await bodiesFor(bob, slug), ['', 'another recipe']);
  t.is((await ann.form('/admin/messages', { group: slug, seq: String(first.seq) })).status, 303);
  t.is((await ann.form('/admin/messages', { group: slug, seq: '999' })).status, 404);
  t.is((await ann.form('/admin/messages', { group: 'nowhere', seq: '1' })).status, 404);
  t.deepEqual(await acts(core), [
    ['messages_searched', undefined, 'from:bob in:kitchen'],
    ['messages_searched', undefined, 'in:lobby'],
    ['messages_searched', undefined, `message ${first.seq} in kitchen, by its link`],
    ['message_erased', `message ${first.seq} in kitchen`, 'by Bob'],
  ]);
  t.truthy(second.seq);
});

test('reports: nobody opens their log as a group', async (t) => {
  const { ann } = await openLobby(t);
  t.is((await ann.get(`/groups/${REPORTS_GROUP}`, 'application/json')).status, 404);
});

test('messages: what is on legal hold is not erased, and the report stays open', async (t) => {
  const { core, ann, bob, signUp } = await openLobby(t);
  const eve = await signUp('Eve');
  const slug = await newGroup(bob, 'Kitchen', ['Eve']);
  const { seq, url } = await postAs(bob, 'evidence', slug);
  await eve.form(`${url}/report`, { reason: 'bad' });
  await core.store.groups.update((await groupAt(core, slug)).id, { held: true });
  t.is((await ann.form('/admin/messages', { group: slug, seq: String(seq) })).status, 409);
  const [, action = ''] = /action="(\/admin\/reports\/\d+)"/.exec((await ann.get('/admin/reports')).text) ?? [];
  t.is((await ann.form(action, { action: 'erase' })).status, 409);
  t.deepEqual(await bodiesFor(bob, slug), ['evidence']);
  t.is((await listReports(core))[0]?.closed, undefined);
});
