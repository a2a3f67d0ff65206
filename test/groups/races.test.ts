import test, { type ExecutionContext } from 'ava';
import { createAccount } from '../../lib/accounts/operations.ts';
import type { User } from '../../lib/accounts/port.ts';
import type { Core } from '../../lib/core.ts';
import { joinCode, limitCode } from '../../lib/groups/codes.ts';
import { openDirect } from '../../lib/groups/direct.ts';
import { directSlug } from '../../lib/groups/group.ts';
import { joinByCode } from '../../lib/groups/joining.ts';
import { announceMembershipChanges } from '../../lib/groups/membership.ts';
import { addMember, groupAccess, insertGroup, leaveGroup, removeMember, setRole } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import type { GroupId } from '../../lib/ids.ts';
import { openTestCore } from '../helpers/core-fixture.ts';
import { present, requireOrSkip, type Service } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const mongo = await mongoForFile();
const onMongo = requireOrSkip(test, mongo);

/** Two cores on one store, as in two processes, and users by name. */
type World = { readonly cores: readonly [Core, Core]; readonly people: readonly User[]; readonly clock: { turn(ms: number): void } };
type Race = (t: ExecutionContext, world: World) => Promise<void>;

async function openWorld(t: ExecutionContext, count: number, service?: Service): Promise<World> {
  const { core, second, clock } = await openTestCore(t, service);
  const names = Array.from({ length: count }, (_, index) => `Person ${index}`);
  const people = await Promise.all(names.map((name) => createAccount(core, { name, password: null })));
  return { cores: [core, await second()], people, clock };
}

function race(title: string, count: number, run: Race): void {
  test(`sqlite: ${title}`, async (t) => run(t, await openWorld(t, count)));
  // Sequentially: the test server is slow, and a post is refused after 2 s.
  onMongo.serial(`mongo: ${title}`, async (t) => run(t, await openWorld(t, count, present(mongo))));
}

async function groupOf(core: Core, name: string, moderators: readonly User[], members: readonly User[] = []): Promise<Group> {
  const group = await insertGroup(core, name, false);
  for (const user of moderators) await addMember(core, user.id, group, user, 'moderator');
  for (const user of members) await addMember(core, user.id, group, user);
  return group;
}

const leave = async (core: Core, user: User, group: Group) => leaveGroup(core, await groupAccess(core, user, group));
const moderatorsOf = async (core: Core, group: GroupId) =>
  (await core.store.memberships.ofGroup(group)).filter(({ role }) => role === 'moderator').map(({ user }) => user);

/** The last log entry about each member. */
async function saidOf(core: Core, group: GroupId): Promise<Map<string, string>> {
  const { seq } = await core.store.log.head(group);
  const entries = await core.store.log.range(group, 1, seq);
  return new Map(entries.flatMap((entry) => (entry.kind === 'join' || entry.kind === 'leave' ? [[entry.member, entry.kind]] : [])));
}

/** Asserts that records and log agree, nothing is unfinished, and the group has a moderator. */
async function checkSettled(t: ExecutionContext, core: Core, group: GroupId, what: string): Promise<void> {
  const members = await core.store.memberships.ofGroup(group);
  t.true(members.length === 0 || members.some(({ role }) => role === 'moderator'), `${what}: a moderator stays`);
  t.deepEqual(
    members.filter(({ lined, ceding }) => !lined || ceding),
    [],
    what,
  );
  const said = [...(await saidOf(core, group))].filter(([, kind]) => kind === 'join').map(([user]) => user);
  t.deepEqual(said.sort(), members.map(({ user }) => user as string).sort(), `${what}: the log says who is in`);
}

race('of two last moderators who leave at once, one stays', 3, async (t, { cores: [one, two], people: [ann, bob, eve] }) => {
  if (!ann || !bob || !eve) return t.fail();
  for (let round = 0; round < 12; round += 1) {
    const group = await groupOf(one, `Club ${round}`, [ann, bob], [eve]);
    const ended = await Promise.allSettled([leave(one, ann, group), leave(two, bob, group)]);
    await checkSettled(t, one, group.id, `round ${round}`);
    for (const result of ended) if (result.status === 'rejected') t.is(result.reason.code, 'conflict');
    t.true(ended.some(({ status }) => status === 'rejected'));
  }
});

race(
  'last moderator: of two who demote each other concurrently one remains',
  4,
  async (t, { cores: [one, two], people: [ann, bob, eve, plain] }) => {
    if (!ann || !bob || !eve || !plain) return t.fail();
    for (let round = 0; round < 8; round += 1) {
      const group = await groupOf(one, `Ring ${round}`, [ann, bob, eve], [plain]);
      await Promise.allSettled([
        setRole(one, ann.id, group, bob, 'member'),
        setRole(two, bob.id, group, eve, 'member'),
        setRole(one, eve.id, group, ann, 'member'),
        removeMember(two, bob.id, group, ann),
      ]);
      await checkSettled(t, two, group.id, `round ${round}`);
    }
  },
);

race('who leaves from two places at once has left once', 3, async (t, { cores: [one, two], people: [ann, bob, eve] }) => {
  if (!ann || !bob || !eve) return t.fail();
  for (let round = 0; round < 8; round += 1) {
    const group = await groupOf(one, `Twice ${round}`, [ann, bob], [eve]);
    const ended = await Promise.allSettled([leave(one, ann, group), leave(two, ann, group), leave(one, ann, group)]);
    t.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'fulfilled'],
    );
    t.deepEqual(await moderatorsOf(one, group.id), [bob.id]);
    await checkSettled(t, one, group.id, `round ${round}`);
  }
});

race('last moderator: an interrupted step-down is withdrawn and blocks nobody', 3, async (t, { cores, people: [ann, bob, eve], clock }) => {
  const [one, two] = cores;
  if (!ann || !bob || !eve) return t.fail();
  const group = await groupOf(one, 'Cut short', [ann, bob], [eve]);
  const present = await one.store.memberships.get(group.id, ann.id);
  if (!present) return t.fail();
  // The state after a process died between the announcement and the change.
  t.true(await one.store.memberships.put({ ...present, rev: present.rev + 1, ceding: true, lined: false }));
  await t.throwsAsync(leave(two, bob, group), { message: /last moderator/ }, 'Ann may yet go');
  clock.turn(2001);
  t.is(await announceMembershipChanges(two), 1);
  await checkSettled(t, one, group.id, 'after the sweep');
  await leave(two, bob, group);
  t.deepEqual(await moderatorsOf(one, group.id), [ann.id]);
});

race('of twenty who use a code at once that lets in ten, ten come in', 21, async (t, { cores, people: [ann, ...others] }) => {
  if (!ann) return t.fail();
  const [one] = cores;
  const group = await groupOf(one, 'Ten seats', [ann]);
  await limitCode(one, group, { forMs: null, uses: 10 });
  const code = joinCode(one, group);
  const ended = await Promise.allSettled(others.map((user, index) => joinByCode(cores[index % 2 ? 1 : 0], user, code)));
  const members = await one.store.memberships.ofGroup(group.id);
  t.is(members.length, 11, 'Ann and ten more');
  t.is((await one.store.groups.byId(group.id))?.codeUsesLeft, 0);
  t.is(ended.filter(({ status }) => status === 'fulfilled').length, 10);
  for (const result of ended) if (result.status === 'rejected') t.regex(String(result.reason.message), /No group has this code/);
  await joinByCode(one, ann, code); // a member uses no place of the code
  const [out] = others.filter(({ id }) => !members.some(({ user }) => user === id));
  if (out) await t.throwsAsync(joinByCode(one, out, code), { message: /No group has this code/ });
});

race('who uses a code from two places at once uses it once', 6, async (t, { cores, people: [ann, ...others] }) => {
  if (!ann) return t.fail();
  const [one] = cores;
  const group = await groupOf(one, 'Two tabs', [ann]);
  await limitCode(one, group, { forMs: null, uses: 100 });
  const code = joinCode(one, group);
  await Promise.all(others.flatMap((user) => cores.map((core) => joinByCode(core, user, code))));
  t.is((await one.store.memberships.ofGroup(group.id)).length, 1 + others.length);
  t.is((await one.store.groups.byId(group.id))?.codeUsesLeft, 100 - others.length);
});

race('the same people find the same direct messages, also when all open them at once', 4, async (t, { cores, people }) => {
  const opened = await Promise.all(
    people.flatMap((user, index) =>
      [0, 1].map((core) =>
        openDirect(
          cores[(index + core) % 2 ? 1 : 0],
          user,
          people.filter((other) => other !== user),
        ),
      ),
    ),
  );
  t.is(new Set(opened.map(({ group }) => group.id)).size, 1);
  const [core] = cores;
  const [{ group }] = opened as [(typeof opened)[0]];
  t.is(group.slug, directSlug(people.map(({ id }) => id)));
  const members = await core.store.memberships.ofGroup(group.id);
  t.deepEqual(members.map(({ user }) => user).sort(), people.map(({ id }) => id).sort());
  t.true(members.every(({ role, level }) => role === 'member' && level === 'everything'));
  t.is((await saidOf(core, group.id)).size, people.length);
  t.is(await core.store.groups.count('direct'), 1);
});
