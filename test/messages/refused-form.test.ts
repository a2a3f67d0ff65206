import test, { type ExecutionContext } from 'ava';
import { STORE_WAIT_MS } from '../../lib/request-scope.ts';
import type { Client } from '../helpers/client.ts';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { startServerFor } from '../helpers/server.ts';

const MESSAGES = '/groups/lobby/messages';
const TYPED = 'a <long> & "thoughtful" text';

async function openTroubled(t: ExecutionContext): Promise<{ ann: Client; faults: Faults }> {
  const site = await startServerFor(t, { env: { POSTS_PER_SECOND: '0' }, storeWaitMs: STORE_WAIT_MS });
  const ann = await site.signUp('Ann');
  const faults = new Faults();
  makeFaulty(site.core, faults);
  return { ann, faults };
}

/** The action and nonce of the page's form that contains this text. */
function formWith(page: string, typed: string): { action: string; key: string } | undefined {
  const escaped = typed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  for (const [form, action = ''] of page.matchAll(/<form[^>]*method="post" action="([^"]+)"[\s\S]*?<\/form>/g))
    if (form.includes(`>${escaped}</textarea>`)) return { action, key: /name="key" value="([^"]*)"/.exec(form)?.[1] ?? '' };
  return undefined;
}

const bodies = async (ann: Client): Promise<string[]> =>
  (await ann.get(MESSAGES, 'application/json')).json<{ body: string }[]>().map(({ body }) => body);

test('refused form: with an unavailable store it comes back filled, and can be sent again', async (t) => {
  const { ann, faults } = await openTroubled(t);
  faults.isAway = true;
  const refused = await ann.form(MESSAGES, { body: TYPED, key: 'nonce-1' });
  t.is(refused.status, 503);
  t.truthy(refused.headers.get('Retry-After'));
  const form = formWith(refused.text, TYPED);
  t.deepEqual(form, { action: MESSAGES, key: 'nonce-1' });
  faults.isAway = false;
  t.is((await ann.form(MESSAGES, { body: TYPED, key: form?.key ?? '' })).status, 303);
  t.deepEqual(await bodies(ann), [TYPED]);
});

test('refused form: a reply comes back as one, to the page of its thread', async (t) => {
  const { ann, faults } = await openTroubled(t);
  const { seq } = (await ann.json('POST', MESSAGES, { body: 'Well?' })).json<{ seq: number }>();
  const fields = { body: TYPED, key: 'nonce-1', reply_to: String(seq), back: 'thread' };
  faults.isAway = true;
  const refused = await ann.form(MESSAGES, fields);
  t.is(refused.status, 503);
  for (const [name, value] of [
    ['reply_to', String(seq)],
    ['back', 'thread'],
  ])
    t.true(refused.text.includes(`<input type="hidden" name="${name}" value="${value}">`), name);
  t.is(formWith(refused.text, TYPED)?.key, 'nonce-1');
  faults.isAway = false;
  t.is((await ann.form(MESSAGES, fields)).headers.get('location'), `${MESSAGES}/${seq}/thread#m-${seq + 1}`);
});

test('refused form: an edit comes back filled', async (t) => {
  const { ann, faults } = await openTroubled(t);
  const { seq } = (await ann.json('POST', MESSAGES, { body: 'before' })).json<{ seq: number }>();
  faults.isAway = true;
  const refused = await ann.form(`${MESSAGES}/${seq}/edit`, { body: TYPED, key: 'x' });
  t.is(refused.status, 503);
  t.is(formWith(refused.text, TYPED)?.action, `${MESSAGES}/${seq}/edit`);
});

test('refused form: it keeps its nonce when the message may be written, so that sending again posts once', async (t) => {
  const { ann, faults } = await openTroubled(t);
  const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
  faults.appends.push(() => thawed); // a slow store
  const refused = await ann.form(MESSAGES, { body: TYPED, key: 'nonce-2' });
  t.is(refused.status, 503);
  t.is(formWith(refused.text, TYPED)?.key, 'nonce-2');
  thaw();
  t.is((await ann.form(MESSAGES, { body: TYPED, key: 'nonce-2' })).status, 303);
  t.deepEqual(await bodies(ann), [TYPED]);
});

test('refused form: other fields such as passwords are not shown again', async (t) => {
  const { ann, faults } = await openTroubled(t);
  faults.isAway = true;
  const refused = await ann.form('/signup', { name: 'Bob', password: 'correct horse battery' });
  t.is(refused.status, 503);
  t.notRegex(refused.text, /correct horse/);
});
