import test from 'ava';
import { userByName } from '../../lib/accounts/operations.ts';
import { createToken } from '../../lib/accounts/tokens.ts';
import { setArchived } from '../../lib/groups/operations.ts';
import { startServer, startServerFor, type TestServer } from '../helpers/server.ts';
import { freshSettings, parley, type Ran, type Settings } from './cli.ts';
import { measuresTheWay, times } from './live.ts';

const settingsOf = (site: TestServer): Settings => ({ DATA_DIR: site.core.config.dataDir, PORT: new URL(site.url).port });

const failed = (ran: Ran): Record<string, unknown>[] => ran.rows().filter(({ ok }) => !ok);

test('doctor --live: prints the duration of each hop, and leaves one account and one group', async (t) => {
  await measuresTheWay(t, await freshSettings(t));
});

test('doctor --live: its group is not listed for people, neither joined nor joinable', async (t) => {
  const site = await startServerFor(t);
  times(t, await parley(settingsOf(site), ['doctor', '--live', '--json']));
  const ann = await site.signUp('Ann');
  t.deepEqual(
    (await ann.get('/groups', 'application/json')).json<{ slug: string }[]>().map(({ slug }) => slug),
    ['lobby'],
    'the first account is that of a person',
  );
  t.notRegex((await ann.get('/groups')).text, /doctor/i);
  t.is((await ann.get('/groups/parley-doctor')).status, 404);
  t.is((await ann.form('/groups/join', { slug: 'parley-doctor' })).status, 404);
  const admin = await ann.get('/admin');
  t.regex(admin.text, /Parley doctor/, 'an administrator sees what it is');
  const { core } = site;
  t.deepEqual(await core.store.tokens.listOf((await userByName(core, 'Parley doctor')).id), []);
});

test('doctor --live: a person with the name of its account is not affected', async (t) => {
  const site = await startServerFor(t);
  const person = await site.signUp('parley DOCTOR');
  t.is((await person.form('/groups', { name: 'Parley doctor' })).status, 303);
  times(t, await parley(settingsOf(site), ['doctor', '--live', '--json']));
  t.deepEqual(
    (await person.get('/groups', 'application/json'))
      .json<{ slug: string }[]>()
      .map(({ slug }) => slug)
      .sort(),
    ['lobby', 'parley-doctor'],
  );
  t.is((await person.get('/groups/parley-doctor/messages', 'application/json')).json<unknown[]>().length, 0);
  t.regex((await parley(settingsOf(site), ['bot', 'list'])).out, /Parley doctor \w{4} +parley-doctor-\w{4} /);
});

test('doctor --live: a failed hop is named and ends the check', async (t) => {
  const site = await startServerFor(t);
  times(t, await parley(settingsOf(site), ['doctor', '--live', '--json']));
  const { core } = site;
  const [group, user] = [await core.store.groups.bySlug('parley-doctor'), await userByName(core, 'Parley doctor')];
  if (!group) throw new Error('there is no group of the doctor');
  await setArchived(core, user.id, group, true);
  const ran = await parley(settingsOf(site), ['doctor', '--live', '--json']);
  t.is(ran.status, 1);
  t.like(failed(ran)[0], { check: 'live append', mend: 'parley group archive parley-doctor --off' });
  t.is(failed(ran).length, 1);
  t.is(ran.rows().at(-1)?.check, 'live append');
  t.deepEqual(await core.store.tokens.listOf(user.id), [], 'the token is revoked all the same');
});

test('doctor --live: a server with another store is recognised', async (t) => {
  const [site, settings] = [await startServer(), await freshSettings(t)];
  t.teardown(site.close);
  const ran = await parley({ ...settings, PORT: new URL(site.url).port }, ['doctor', '--live', '--json']);
  t.is(ran.status, 1);
  t.like(failed(ran)[0], { check: 'live append' });
  t.regex(String(failed(ran)[0]?.mend), /another store/);
});

test('doctor --live: a token left by an interrupted run is revoked by the next run', async (t) => {
  const site = await startServerFor(t);
  times(t, await parley(settingsOf(site), ['doctor', '--live', '--json']));
  const { core } = site;
  const user = await userByName(core, 'Parley doctor');
  await createToken({ ...core, now: () => Date.now() - 3_600_000 }, user);
  times(t, await parley(settingsOf(site), ['doctor', '--live', '--json']));
  t.deepEqual(await core.store.tokens.listOf(user.id), []);
});

test('doctor --live: PORT=0 is a failure', async (t) => {
  const ran = await parley({ ...(await freshSettings(t)), PORT: '0' }, ['doctor', '--live', '--json']);
  t.is(ran.status, 1);
  t.deepEqual(
    failed(ran).map(({ check }) => check),
    ['server'],
  );
});

test('doctor --live: seed still works afterwards', async (t) => {
  const settings = await freshSettings(t);
  const site = await startServerFor(t, { env: { DATA_DIR: settings.DATA_DIR } });
  times(t, await parley({ ...settings, PORT: new URL(site.url).port }, ['doctor', '--live', '--json']));
  t.is((await parley(settings, ['seed', '--json'])).status, 0);
});
