import test, { type ExecutionContext } from 'ava';
import { parley } from '../cli/cli.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt } from '../helpers/fixtures.ts';
import { Clock, startServerFor, type TestServer } from '../helpers/server.ts';
import { freshDatabase, present, requireOrSkip } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const mongo = await mongoForFile();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

type Site = { readonly site: TestServer; readonly ann: Client; readonly bob: Client; readonly env: Record<string, string> };

async function open(t: ExecutionContext, env: Record<string, string>): Promise<Site> {
  const site = await startServerFor(t, { env: { POSTS_PER_SECOND: '0', ...env }, clock: new Clock(Date.now()) });
  const ann = await site.signUp('Ann');
  const bob = await site.signUpInLobby('Bob');
  await ann.form('/groups', { name: 'Field team' });
  return { site, ann, bob, env: { ...env, DATA_DIR: site.core.config.dataDir } };
}

const post = async (client: Client, body: string, group = 'lobby'): Promise<number> =>
  (await client.json('POST', `/groups/${group}/messages`, { body })).json<{ seq: number }>().seq;

type Shown = { readonly body: string; readonly erased: boolean };
const standing = async (client: Client, group = 'lobby'): Promise<string[]> =>
  (await client.get(`/groups/${group}/messages?limit=100`, 'application/json'))
    .json<Shown[]>()
    .flatMap(({ body, erased }) => (erased ? [] : [body]));

for (const [store, register, env] of STORES) {
  register(
    `${store}: parley erase counts first, and erases by author with --yes; a sweep removes texts, files and search terms`,
    async (t) => {
      const { site, ann, bob, env: settings } = await open(t, env());
      await post(ann, 'by Ann');
      await post(bob, 'by Bob, a leaked password');
      await post(bob, 'by Bob again');
      const form = new FormData();
      form.set('body', 'by Bob with a file');
      form.append('attachment', new File(['secret content'], 'secret.txt', { type: 'text/plain' }));
      const filed = await bob.send('/groups/lobby/messages', { method: 'POST', body: form, headers: { Accept: 'application/json' } });
      const url = filed.json<{ attachments: { url: string }[] }>().attachments[0]?.url ?? '';
      await ann.get('/search?q=leaked', 'application/json');

      const counted = await parley(settings, ['erase', '--author', 'Bob', '--json']);
      t.deepEqual(counted.rows(), [{ messages: 3, groups: 1, held: 0, erased: false }], counted.err);
      t.is((await standing(ann)).length, 4);
      const erased = await parley(settings, ['erase', '--author', 'Bob', '--yes', '--json']);
      t.deepEqual(erased.rows(), [{ messages: 3, groups: 1, held: 0, erased: true }], erased.err);
      t.deepEqual(await standing(ann), ['by Ann']);
      site.clock.turn(3_600_000); // the command has the clock of this machine, on which the test may take minutes
      await site.server.sweep();
      const { id } = await groupAt(site.core, 'lobby');
      t.false(JSON.stringify(await site.core.store.log.range(id, 1, 100)).includes('leaked'));
      t.is((await bob.get(url, '*/*')).status, 404);
      t.deepEqual(await site.core.store.files.usage(), { files: 0, bytes: 0 });
      t.regex((await ann.get('/admin/audit')).text, /Messages erased[\s\S]*3 messages: in all groups, by Bob/);
      t.deepEqual((await parley(settings, ['erase', '--author', 'Bob', '--yes', '--json'])).rows()[0]?.messages, 0);
    },
  );

  register(
    `${store}: messages are erased by range, by time and by words, also those edited away; a group on legal hold is left out`,
    async (t) => {
      const { site, ann, env: settings } = await open(t, env());
      const seqs: number[] = [];
      const began = site.clock.now();
      for (const body of ['one', 'two', 'three', 'four']) {
        seqs.push(await post(ann, body));
        site.clock.turn(3_600_000);
      }
      const edited = await post(ann, 'token hunter2 here');
      await ann.json('PATCH', `/groups/lobby/messages/${edited}`, { body: 'nothing here' });
      await post(ann, 'hunter2 in the team', 'field-team');
      const erase = async (...args: string[]) => (await parley(settings, ['erase', ...args, '--yes', '--json'])).rows()[0];
      t.like(await erase('--group', 'lobby', '--from', String(seqs[1]), '--to', String(seqs[2])), { messages: 2 });
      t.deepEqual(await standing(ann), ['one', 'four', 'nothing here']);
      t.like(await erase('--group', 'lobby', '--before', new Date(began + 1_800_000).toISOString()), { messages: 1 });
      t.deepEqual(await standing(ann), ['four', 'nothing here']);
      await ann.form('/admin/storage', { action: 'hold', group: 'field-team', on: '1' });
      t.like(await erase('--words', 'hunter2'), { messages: 1, held: 1 });
      t.deepEqual(await standing(ann), ['four']);
      t.deepEqual(await standing(ann, 'field-team'), ['hunter2 in the team']);
      const held = await parley(settings, ['erase', '--group', 'field-team', '--words', 'hunter2', '--yes']);
      t.deepEqual([held.status, /on legal hold/.test(held.err)], [1, true]);
      t.false((await ann.get('/admin/audit')).text.includes('hunter2'), 'the searched words are in no list');
    },
  );
}

test('the page counts, then erases, for administrators only, without JavaScript', async (t) => {
  const { ann, bob } = await open(t, {});
  await post(bob, 'spam one');
  await post(bob, 'spam two');
  const ask = (client: Client, fields: Record<string, string>) => client.form('/admin/erase', fields);
  const none = { group: '', author: '', from: '', to: '', after: '', before: '', words: '' };
  t.is((await ask(bob, { ...none, action: 'count', words: 'spam' })).status, 403);
  t.is((await bob.get('/admin/erase')).status, 403);
  const counted = await ask(ann, { ...none, action: 'count', words: 'spam' });
  t.regex(counted.text, /2 messages in 1 group\.[\s\S]*Erase them for good/);
  t.is((await standing(ann)).length, 2);
  const erased = await ask(ann, { ...none, action: 'erase', words: 'spam' });
  t.regex(erased.text, /2 messages in 1 group erased/);
  t.deepEqual(await standing(ann), []);
  for (const [fields, reason] of [
    [{}, /Say which messages/],
    [{ from: '1' }, /needs a group/],
    [{ group: 'nowhere', words: 'x' }, /There is no group nowhere/],
    [{ after: 'yesterday' }, /must be a day such as/],
    [{ words: 'from:ann' }, /there are fields for these/],
  ] as const) {
    const refused = await ask(ann, { ...none, action: 'erase', ...fields });
    t.true(refused.status >= 400 && reason.test(refused.text), `${JSON.stringify(fields)}: ${refused.status}`);
  }
});

test('the page of administrators sets retention and legal hold of a group, and the audit log has both', async (t) => {
  const { ann, bob } = await open(t, { RETENTION_DAYS: '30' });
  const keep = (client: Client, fields: Record<string, string>) => client.form('/admin/storage', fields);
  t.is((await keep(bob, { action: 'days', group: 'lobby', days: '2' })).status, 403);
  t.is((await keep(ann, { action: 'days', group: 'lobby', days: '2' })).status, 303);
  t.is((await keep(ann, { action: 'hold', group: 'field-team', on: '1' })).status, 303);
  const page = (await ann.get('/admin/storage')).text;
  t.regex(page, /Field team<\/a><\/th>\s*<td[^>]*>30 days \(site\) <span class="badge">legal hold/);
  t.regex(page, /Lobby<\/a><\/th>\s*<td[^>]*>2 days<\/td>/);
  const wrong = await keep(ann, { action: 'days', group: 'lobby', days: 'soon' });
  t.deepEqual([wrong.status, /Retention must be 1 to 36500 days/.test(wrong.text)], [422, true]);
  t.regex((await ann.get('/admin/audit')).text, /Legal hold set[\s\S]*Retention of a group changed[\s\S]*2 days/);
});

test('parley group retention and hold show and change what the sweep obeys', async (t) => {
  const { env } = await open(t, {});
  const run = async (...args: string[]) => parley(env, [...args, '--json']);
  t.deepEqual((await run('group', 'retention', 'lobby')).rows(), [{ slug: 'lobby', days: null, held: false }]);
  t.deepEqual((await run('group', 'retention', 'lobby', '90')).rows(), [{ slug: 'lobby', days: 90, held: false }]);
  t.deepEqual((await run('group', 'hold', 'lobby')).rows(), [{ slug: 'lobby', held: true }]);
  t.deepEqual((await run('group', 'retention', 'lobby', 'forever')).rows(), [{ slug: 'lobby', days: 0, held: true }]);
  t.deepEqual((await run('group', 'hold', 'lobby', '--off')).rows(), [{ slug: 'lobby', held: false }]);
  t.deepEqual((await run('group', 'retention', 'lobby', 'site')).rows(), [{ slug: 'lobby', days: null, held: false }]);
  t.is((await run('group', 'retention', 'lobby', '0')).status, 1);
  t.is((await run('group', 'retention', 'lobby', 'soon')).status, 1);
});
