import test from 'ava';
import { makeWorld, PASSWORD } from '../../fixtures/world.ts';
import { startServerFor } from '../helpers/server.ts';
import { present, program, requireOrSkip } from '../helpers/services.ts';
import { done, freshSettings, LAUNCHER, parley, Running, refused, settledWorld } from './cli.ts';

const script = program('script');

test('user create: the first account becomes administrator and member of Lobby, the next does not', async (t) => {
  const settings = await freshSettings(t);
  const ann = done(t, await parley(settings, ['user', 'create', 'ann', '--json'], `${PASSWORD}\n`), 'id', 'name');
  t.is(ann.name, 'ann');
  done(t, await parley(settings, ['--json', 'user', 'create', 'bob'], PASSWORD), 'id', 'name');
  const people = (await parley(settings, ['user', 'list', '--json'])).rows();
  t.deepEqual(
    people.map(({ name, admin, disabled }) => ({ name, admin, disabled })),
    [
      { name: 'ann', admin: true, disabled: false },
      { name: 'bob', admin: false, disabled: false },
    ],
  );
  t.is(people[0]?.id, ann.id);
  const members = (await parley(settings, ['group', 'members', 'lobby', '--json'])).rows();
  t.deepEqual(
    members.map(({ name, role }) => `${name} ${role}`),
    ['ann moderator'],
  );
});

test('user create: refused with the reason: name taken, password too short or missing', async (t) => {
  const { settings } = await settledWorld(t);
  refused(t, await parley(settings, ['user', 'create', 'ANN'], `${PASSWORD}\n`), /ANN is taken/);
  const taken = await parley(settings, ['user', 'create', 'ANN', '--json'], `${PASSWORD}\n`);
  t.deepEqual([taken.status, taken.out], [1, '']);
  t.deepEqual(JSON.parse(taken.err), { error: 'The name ANN is taken. Choose another.', code: 'conflict', field: 'name' });
  refused(t, await parley(settings, ['user', 'create', 'zoe'], 'short\n'), /too short/);
  refused(t, await parley(settings, ['user', 'create', 'zoe']), /contains no password/);
  t.notRegex((await parley(settings, ['user', 'list'])).out, /zoe/);
});

test('user list: prints a table', async (t) => {
  const { settings, world } = await settledWorld(t);
  const { out } = await parley(settings, ['user', 'list']);
  t.regex(out, new RegExp(`^id +name +admin +disabled +created_at\n${world.ann.id} +ann +yes +- +20`));
  t.notRegex(out, /echo/, 'bots are listed by `bot list`');
});

test('user admin: the role is given and revoked, but not from the last administrator', async (t) => {
  const { settings } = await settledWorld(t);
  refused(t, await parley(settings, ['user', 'admin', 'ann', '--off']), /last administrator/);
  t.deepEqual(done(t, await parley(settings, ['user', 'admin', 'bob', '--json']), 'id', 'name', 'admin').admin, true);
  t.deepEqual(done(t, await parley(settings, ['user', 'admin', 'ann', '--off', '--json']), 'id', 'name', 'admin').admin, false);
  refused(t, await parley(settings, ['user', 'admin', 'echo']), /is a bot/);
  refused(t, await parley(settings, ['user', 'admin', 'nobody']), /no user named nobody/);
});

test('token create: the token works until its owner is disabled; after passwd only the new password works', async (t) => {
  const site = await startServerFor(t);
  await makeWorld(site.core);
  const settings = { DATA_DIR: site.core.config.dataDir };
  const { token } = done(t, await parley(settings, ['token', 'create', 'bob', '--json']), 'token');
  const bob = site.client().bearer(String(token));
  t.is((await bob.get('/groups/field-team/messages', 'application/json')).status, 200);

  done(t, await parley(settings, ['user', 'passwd', 'eve', '--json'], 'another secret\n'), 'id', 'name');
  const logIn = async (password: string) => (await site.client().form('/login', { name: 'eve', password })).status;
  t.is(await logIn('another secret'), 303);
  t.not(await logIn(PASSWORD), 303);

  done(t, await parley(settings, ['user', 'disable', 'bob', '--json']), 'id', 'name', 'disabled');
  t.is((await bob.get('/groups/field-team/messages', 'application/json')).status, 401);
  refused(t, await parley(settings, ['token', 'create', 'bob']), /bob is disabled/);
  done(t, await parley(settings, ['user', 'enable', 'bob', '--json']), 'id', 'name', 'disabled');
  t.is((await bob.get('/groups/field-team/messages', 'application/json')).status, 200);
});

requireOrSkip(test, script)('at a terminal the password is asked for and not shown', async (t) => {
  present(script);
  const settings = await freshSettings(t);
  const terminal = new Running(settings, ['-qec', `${LAUNCHER} user create ann`, '/dev/null'], 'script');
  await terminal.until('Password for ann: ');
  terminal.child.stdin.write(`${PASSWORD}\r`);
  const ran = await terminal.ended();
  t.is(ran.status, 0, ran.out);
  t.regex(ran.out, /Created the account ann/);
  t.notRegex(ran.out, /correct/);
});

test('invite code: prints and renews the invitation code; refused without SIGNUP=code', async (t) => {
  const { settings } = await settledWorld(t);
  const code = async (...more: string[]) =>
    done(t, await parley({ ...settings, SIGNUP: 'code' }, ['invite', 'code', '--json', ...more]), 'code').code;
  const first = await code();
  t.regex(String(first), /^\w{12}$/);
  t.is(await code(), first);
  const second = await code('--new');
  t.not(second, first);
  t.is(await code(), second);
  refused(t, await parley(settings, ['invite', 'code']), /people do not sign up by code/);
});
