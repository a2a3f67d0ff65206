import test from 'ava';
import { PURGE_AFTER_MS } from '../../lib/admin/group-removal.ts';
import { readAudit } from '../../lib/audit/reading.ts';
import { groupAt, newGroup, newHook, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';
import { EventReader } from '../helpers/stream.ts';

const SURE = { action: 'delete', sure: '1' };

test('groups: deleting one asks once, names what is lost, and then everything of it is gone', async (t) => {
  const { core, ann, bob, server, clock, client } = await openLobby(t);
  const slug = await newGroup(ann, 'Kitchen', ['Bob']);
  const { id } = await groupAt(core, slug);
  const hook = await newHook(ann, 'Waiter', `/groups/${slug}`);
  await newHook(ann, 'Roamer', '/groups/lobby');
  await ann.form(`/groups/${slug}/members`, { action: 'add', name: 'Roamer' });
  await postAs(bob, 'leek soup', slug);
  const url = `/admin/groups/${id}`;
  t.is((await bob.get(url)).status, 403);
  t.is((await bob.form(url, SURE)).status, 403);
  t.regex((await ann.get(url)).text, /Hand over/);
  const streams = [await EventReader.open(bob, `/groups/${slug}/events?as=json`), await EventReader.open(bob, '/events?as=json')] as const;
  t.teardown(() => streams.forEach((stream) => void stream.close()));

  const asked = await ann.form(url, { action: 'delete' });
  t.is(asked.status, 200);
  t.regex(asked.text, /Delete Kitchen\?/);
  t.regex(asked.text, /1 message and 0 files/);
  t.regex(asked.text, /with their tokens: Waiter\./);
  t.is((await ann.get(`/groups/${slug}`)).status, 200, 'nothing has happened yet');

  t.is((await ann.form(url, SURE)).status, 303);
  await streams[0].until((events) => events.some(({ event }) => event === 'closed'));
  t.is((await bob.get(`/groups/${slug}`)).status, 404);
  t.is((await ann.get(url)).status, 404);
  t.notRegex((await bob.get('/groups')).text, /Kitchen/);
  t.is((await client().json('POST', hook, { text: 'soup' })).status, 404);
  t.true((await userNamed(core, 'Waiter')).disabled);
  t.false((await userNamed(core, 'Roamer')).disabled, 'it is in another group too');
  const fresh = await newGroup(ann, 'Kitchen', ['Bob']);
  t.is(fresh, slug, 'the name is free');
  await postAs(bob, 'stew', fresh);
  await streams[1].until((events) => events.some(({ data }) => data.includes('stew')));
  t.like((await readAudit(core, { limit: 1 })).entries[0] ?? {}, { act: 'account_disabled' });
  const deleted = (await readAudit(core, { limit: 9 })).entries.find(({ act }) => act === 'group_deleted');
  t.like(deleted, { by: 'Ann', subject: { kind: 'group', id, name: 'Kitchen' }, detail: '1 messages, 4 members' });

  await server.sweep();
  t.is((await core.store.log.range(id, 1, 5)).length > 0, true, 'what is being written may end first');
  clock.turn(PURGE_AFTER_MS);
  await server.sweep();
  t.deepEqual(await core.store.log.range(id, 1, 99), []);
  t.deepEqual(await core.store.removals.marked(), []);
  t.regex((await bob.get('/search?q=stew')).text, /stew/);
});

test('groups: one on legal hold and direct messages are not deleted', async (t) => {
  const { core, ann } = await openLobby(t);
  const { id } = await groupAt(core, await newGroup(ann, 'Kitchen'));
  await core.store.groups.update(id, { held: true });
  const refused = await ann.form(`/admin/groups/${id}`, SURE);
  t.is(refused.status, 409);
  t.truthy(await core.store.groups.byId(id));
  const bob = await userNamed(core, 'Bob');
  await ann.form('/direct', { with: bob.id });
  const [direct] = await core.store.groups.list({ limit: 1, kind: 'direct' });
  t.is((await ann.form(`/admin/groups/${direct?.id}`, SURE)).status, 404);
});

test('groups: one is handed over to a person, who is its only moderator then', async (t) => {
  const { core, ann, bob, signUp } = await openLobby(t);
  await signUp('Eve');
  const slug = await newGroup(bob, 'Kitchen');
  const { id } = await groupAt(core, slug);
  const url = `/admin/groups/${id}`;
  t.is((await ann.form(url, { action: 'transfer', name: 'Nobody' })).status, 404);
  t.is((await ann.form(url, { action: 'transfer', name: 'eve' })).status, 303);
  t.regex((await ann.get(url)).text, /Eve is now the only moderator of Kitchen\. 1 former moderator stayed as a member\./);
  const roles = (await core.store.memberships.ofGroup(id)).map(({ role }) => role);
  t.deepEqual(roles.toSorted(), ['member', 'moderator']);
  t.is((await bob.form(`/groups/${slug}/settings`, { action: 'rename', name: 'Bar' })).status, 403);
  t.like((await readAudit(core, { limit: 1 })).entries[0] ?? {}, { act: 'group_transferred', detail: 'to Eve' });
});
