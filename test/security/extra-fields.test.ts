import test from 'ava';
import { groupAt, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';

const EXTRA = { admin: true, isAdmin: true, role: 'administrator', bot: true, id: 'x', userId: 'x', passwordHash: 'x', disabled: false };

test('fields that a form does not have change nothing; an administrator may change the same', async (t) => {
  const { core, client, ann, bob } = await openLobby(t);
  const eve = client();
  t.is((await eve.json('POST', '/signup', { name: 'Eve', password: 'correct horse battery', ...EXTRA })).status, 200);
  const user = await userNamed(core, 'Eve');
  t.like(user, { admin: false, bot: false, disabled: false });
  t.not(user.id as string, 'x');
  t.true(String(user.passwordHash).startsWith('$2b$'));

  const extra = {
    ...EXTRA,
    author: user.id,
    seq: 1,
    uid: 'x',
    at: 1,
    erased: true,
    kind: 'direct',
    number: 1,
    slug: 'mine',
    archived: true,
  };
  await bob.json('POST', '/groups', { name: 'Cellar', ...extra });
  t.like(await groupAt(core, 'cellar'), { kind: 'group', archived: false, name: 'Cellar' });
  const { seq } = await postAs(bob, 'by Bob');
  t.is((await bob.json('PATCH', `/groups/lobby/messages/${seq}`, { body: 'still by Bob', ...extra })).status, 200);
  t.like((await ann.get(`/groups/lobby/messages/${seq}`, 'application/json')).json(), { body: 'still by Bob', author: { name: 'Bob' } });
  t.is((await bob.json('POST', '/groups/lobby/settings', { ...extra, action: 'level', level: 'nothing', role: 'moderator' })).status, 200);
  t.is((await bob.json('POST', '/groups/lobby/settings', { action: 'topic', topic: 'mine' })).status, 403, 'Bob is no moderator');

  t.is((await bob.json('POST', '/admin', { action: 'admin', user: user.id })).status, 403);
  t.is((await ann.json('POST', '/admin', { action: 'admin', user: user.id })).status, 303);
  t.true((await userNamed(core, 'Eve')).admin);
});
