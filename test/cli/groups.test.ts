import test from 'ava';
import { done, freshSettings, parley, refused, settledWorld } from './cli.ts';

test('group create: the group has no members and can be joined with the printed code', async (t) => {
  const { settings } = await settledWorld(t);
  const made = done(t, await parley(settings, ['group', 'create', 'Möwen & Meer', '--json']), 'id', 'slug', 'code');
  t.regex(String(made.slug), /^[a-z0-9-]+$/);
  t.regex(String(made.code), /^[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}$/);
  t.deepEqual((await parley(settings, ['group', 'members', String(made.slug), '--json'])).rows(), []);
  t.is((await parley(settings, ['group', 'code', String(made.slug)])).out, `${made.code}\n`);
  const { code } = done(t, await parley(settings, ['group', 'code', String(made.slug), '--new', '--json']), ...CODE);
  t.not(code, made.code);
});

const CODE = ['slug', 'code', 'invite', 'code_expires_at', 'code_uses_left'];

test('group code: limits by time and by number of people', async (t) => {
  const { settings } = await settledWorld(t);
  const code = async (...flags: string[]) => done(t, await parley(settings, ['group', 'code', 'field-team', ...flags, '--json']), ...CODE);
  const first = await code();
  t.like(first, { code_expires_at: null, code_uses_left: null, invite: `/join/${first.code}` });
  const limited = await code('--expires', '7d', '--uses', '10');
  t.like(limited, { code: first.code, code_uses_left: 10 });
  const days = (Date.parse(String(limited.code_expires_at)) - Date.now()) / 86_400_000;
  t.true(days > 6.9 && days <= 7);
  t.like(await code(), { code: first.code, code_uses_left: 10, code_expires_at: limited.code_expires_at });
  t.like(await code('--uses', 'unlimited'), { code: first.code, code_uses_left: null, code_expires_at: null });
  const fresh = await code('--new', '--uses', '1');
  t.not(fresh.code, first.code);
  t.is(fresh.code_uses_left, 1);
  for (const [option, value, reason] of [
    ['--expires', 'soon', /^parley: option '--expires <time>' is invalid\. The validity of a code must be[^\n]*\n$/],
    ['--uses', '0', /^parley: option '--uses <count>' is invalid\. The uses of a code must be[^\n]*\n$/],
  ] as const) {
    const wrong = await parley(settings, ['group', 'code', 'field-team', option, value]);
    t.deepEqual([wrong.status, wrong.out], [2, '']);
    t.regex(wrong.err, reason);
  }
  t.is((await code()).code, fresh.code, 'what is refused changes nothing');
});

test('group add and remove: the first administrator is the author of the log entries', async (t) => {
  const { settings } = await settledWorld(t);
  const fields = ['group', 'id', 'name', 'role', 'added'];
  t.like(done(t, await parley(settings, ['group', 'add', 'field-team', 'eve', '--json']), ...fields), { role: 'member', added: true });
  t.like(done(t, await parley(settings, ['group', 'add', 'field-team', 'EVE', '--moderator', '--json']), ...fields), {
    role: 'moderator',
    added: false,
  });
  done(t, await parley(settings, ['group', 'remove', 'field-team', 'bob', '--json']), 'group', 'id', 'name');
  refused(t, await parley(settings, ['group', 'remove', 'field-team', 'bob']), /bob is not in field-team/);
  const members = (await parley(settings, ['group', 'members', 'field-team', '--json'])).rows();
  t.deepEqual(
    members.map(({ name, role, bot }) => `${name} ${role} ${bot}`),
    ['ann moderator false', 'echo member true', 'eve moderator false'],
  );
  t.regex((await parley(settings, ['tail', 'field-team'])).out, /\* ann added eve\n\* ann removed bob\n$/);
});

test('group add: without an administrator, the added user is the author of the log entry', async (t) => {
  const settings = await freshSettings(t);
  const { slug } = done(t, await parley(settings, ['group', 'create', 'Alone', '--json']), 'id', 'slug', 'code');
  done(t, await parley(settings, ['bot', 'create', 'echo', '--group', String(slug), '--json']), 'id', 'name', 'hook', 'token', 'campfire');
  t.is((await parley(settings, ['tail', String(slug)])).out, '* echo joined\n');
});

test('group rename and archive: a group is renamed, archived and unarchived', async (t) => {
  const { settings } = await settledWorld(t);
  const renamed = done(t, await parley(settings, ['group', 'rename', 'field-team', 'Lab team', '--json']), 'id', 'slug', 'name');
  t.like(renamed, { slug: 'lab-team', name: 'Lab team' });
  t.like(done(t, await parley(settings, ['group', 'archive', 'field-team', '--json']), 'id', 'slug', 'archived'), {
    slug: 'lab-team',
    archived: true,
  });
  refused(t, await parley(settings, ['post', 'lab-team', 'hi', '--as', 'bob']), /archived/);
  t.like(done(t, await parley(settings, ['group', 'archive', 'lab-team', '--off', '--json']), 'id', 'slug', 'archived'), {
    archived: false,
  });
  t.is((await parley(settings, ['post', 'lab-team', 'hi', '--as', 'bob'])).status, 0);
  const groups = (await parley(settings, ['group', 'list', '--json'])).rows();
  t.deepEqual(
    groups.map(({ slug, members, messages }) => ({ slug, members, messages })),
    [
      { slug: 'lobby', members: 1, messages: 0 },
      { slug: 'lab-team', members: 3, messages: 1 },
    ],
  );
});

test('group: an unknown group is refused by name', async (t) => {
  const { settings } = await settledWorld(t);
  refused(t, await parley(settings, ['group', 'add', 'nowhere', 'bob']), /no group nowhere/);
  refused(t, await parley(settings, ['group', 'create', '  ']), /name is missing/);
});

test('group transfer and delete: the loss is printed first, and --yes deletes', async (t) => {
  const { settings } = await settledWorld(t);
  const moved = done(t, await parley(settings, ['group', 'transfer', 'field-team', 'bob', '--json']), 'id', 'slug', 'moderator', 'former');
  t.like(moved, { moderator: 'bob', former: 1 });
  const fields = ['id', 'slug', 'messages', 'members', 'files', 'bytes', 'bots', 'deleted'];
  t.like(done(t, await parley(settings, ['group', 'delete', 'field-team', '--json']), ...fields), {
    members: 3,
    bots: 'echo',
    deleted: false,
  });
  t.regex((await parley(settings, ['group', 'delete', 'field-team'])).out, /Add --yes to delete it for good/);
  t.like(done(t, await parley(settings, ['group', 'delete', 'field-team', '--yes', '--json']), ...fields), { deleted: true });
  refused(t, await parley(settings, ['group', 'delete', 'field-team', '--yes']), /There is no group field-team/);
});
