import test from 'ava';
import { readConfig } from '../../lib/config.ts';
import { openCore } from '../../lib/open-core.ts';
import { textDraft } from '../helpers/core-fixture.ts';
import { done, freshSettings, parley, refused, settledWorld } from './cli.ts';

test('parley encrypt keygen: each key is new and is one that ENCRYPTION_KEYS takes', async (t) => {
  const settings = await freshSettings(t);
  const keys = await Promise.all([1, 2].map(async () => done(t, await parley(settings, ['encrypt', 'keygen', '--json']), 'id', 'key').key));
  t.not(keys[0], keys[1]);
  for (const key of keys) t.deepEqual(readConfig({ ENCRYPTION_KEYS: String(key) }).encryptionKeys, [key]);
  const named = await parley(settings, ['encrypt', 'keygen', '--id', '2026']);
  t.regex(named.out, /^2026:[A-Za-z0-9+/]{43}=\n$/);
  t.is((await parley(settings, ['encrypt', 'keygen', '--id', 'two words'])).status, 2);
});

test('parley encrypt: from unencrypted by one key to another, with status on the way', async (t) => {
  const { settings, world } = await settledWorld(t);
  const core = await openCore(readConfig({ ...settings, LOG_LEVEL: 'silent' }), { role: 'server' });
  const [group] = await core.store.groups.list({ limit: 1 });
  if (!group) throw new Error('no group');
  for (let k = 0; k < 30; k += 1) await core.appender.append(group.id, textDraft(world.ann.id, `zebrafish ${k}`));
  await core.close();
  const key = async (id: string) => (await parley(settings, ['encrypt', 'keygen', '--id', id])).out.trim();
  const [first, second] = [await key('first'), await key('second')];
  const status = async (keys: string) => {
    const ran = await parley({ ...settings, ...(keys ? { ENCRYPTION_KEYS: keys } : {}) }, ['encrypt', 'status', '--json']);
    t.is(ran.status, 0, ran.err);
    const rows = ran.rows();
    return { messages: rows.find(({ kind }) => kind === 'messages'), state: rows.at(-1) };
  };

  t.like(await status(''), { messages: { unencrypted: 30 }, state: { newest: null, isDone: false } });
  refused(t, await parley(settings, ['encrypt', 'rotate', '--json']), /ENCRYPTION_KEYS is not set/);
  t.like(await status(first), { messages: { waiting: 30, unencrypted: 30 }, state: { newest: 'first', isDone: false } });
  const rotated = await parley({ ...settings, ENCRYPTION_KEYS: first }, ['encrypt', 'rotate', '--json']);
  t.like(done(t, rotated, 'newest', 'records', 'unused'), { newest: 'first', unused: [] });
  t.like(await status(first), { messages: { waiting: 0, unencrypted: 0, keys: ['first: 30'] }, state: { isDone: true } });

  const both = `${second},${first}`;
  t.like(await status(both), { messages: { waiting: 30 }, state: { newest: 'second', isDone: false, unused: [] } });
  refused(t, await parley({ ...settings, ENCRYPTION_KEYS: second }, ['encrypt', 'status', '--json']), /lacks the key first: .*30 messages/);
  const again = await parley({ ...settings, ENCRYPTION_KEYS: both }, ['encrypt', 'rotate', '--json']);
  t.like(done(t, again, 'newest', 'records', 'unused'), { newest: 'second', unused: ['first'] });
  t.like(await status(second), { messages: { waiting: 0, keys: ['second: 30'] }, state: { isDone: true } });
  const tail = await parley({ ...settings, ENCRYPTION_KEYS: second }, ['tail', group.slug, '--json']);
  t.true(tail.rows().some(({ body }) => body === 'zebrafish 29'));
});

test('parley doctor says which key of ENCRYPTION_KEYS is missing', async (t) => {
  const { settings } = await settledWorld(t);
  const key = (await parley(settings, ['encrypt', 'keygen', '--id', 'lost'])).out.trim();
  const encrypted = { ...settings, ENCRYPTION_KEYS: key };
  t.is((await parley(encrypted, ['encrypt', 'rotate'])).status, 0);
  t.true((await parley(encrypted, ['doctor', '--json'])).rows().some(({ check, ok }) => check === 'store' && ok));
  const store = (await parley(settings, ['doctor', '--json'])).rows().find(({ check }) => check === 'store');
  t.like(store, { ok: false, mend: 'Set ENCRYPTION_KEYS as for the server of this database.' });
  t.regex(String(store?.detail), /^ENCRYPTION_KEYS lacks the key lost: /);
});
