import test, { type ExecutionContext } from 'ava';
import type { Core } from '../../lib/core.ts';
import { DomainError, type ErrorCode } from '../../lib/errors.ts';
import { announceGroupChanges } from '../../lib/groups/changes.ts';
import { announceMembershipChanges, changeMembership } from '../../lib/groups/membership.ts';
import { addMember, removeMember, renameGroup, setArchived, setTopic } from '../../lib/groups/operations.ts';
import * as operations from '../../lib/messages/operations.ts';
import { accessOf, bodiesIn, isDense, openTestCore, type TestCore, wholeLog } from '../helpers/core-fixture.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';

/** Two cores on one store; actions of the second can be inserted before appends of the first. */
async function openPair(t: ExecutionContext): Promise<TestCore & { readonly other: Core; readonly faults: Faults; readonly soup: number }> {
  const opened = await openTestCore(t);
  const faults = new Faults();
  const core = faultyCore(opened.core, faults);
  const { message } = await operations.post(core, await accessOf(core, opened.bob, opened.group), { body: 'soup' });
  return { ...opened, core, other: await opened.second(), faults, soup: message.seq };
}

async function refusal(t: ExecutionContext, promise: Promise<unknown>): Promise<ErrorCode | undefined> {
  const error = await t.throwsAsync(promise);
  return error instanceof DomainError ? error.code : undefined;
}

test('races: an edit after a concurrent erasure is refused and changes nothing', async (t) => {
  const { core, other, faults, group, bob, soup } = await openPair(t);
  const at = await accessOf(core, bob, group);
  faults.appends.push(() => operations.erase(other, at, soup));
  t.is(await refusal(t, operations.edit(core, at, soup, 'stew')), 'forbidden');
  const log = await wholeLog(core, group.id);
  t.deepEqual(
    log.slice(-2).map(({ kind }) => kind),
    ['message', 'erase'],
  );
  t.true(isDense(log));
});

test('races: an erasure cannot be undone when another process removed the text meanwhile', async (t) => {
  const { core, other, faults, group, bob, soup } = await openPair(t);
  const at = await accessOf(core, bob, group);
  const { state } = await operations.erase(core, at, soup);
  faults.appends.push(() => other.store.log.scrub(group.id, soup, state.erasedBy?.seq ?? 0));
  t.is(await refusal(t, operations.unerase(core, at, soup)), 'forbidden');
});

test('races: an erasure after a concurrent edit succeeds', async (t) => {
  const { core, other, faults, group, bob, soup } = await openPair(t);
  const at = await accessOf(core, bob, group);
  faults.appends.push(() => operations.edit(other, at, soup, 'stew'));
  t.truthy((await operations.erase(core, at, soup)).state.erasedBy);
  t.deepEqual(
    (await wholeLog(core, group.id)).slice(-2).map(({ kind }) => kind),
    ['edit', 'erase'],
  );
});

test('races: of two concurrent erasures one is appended', async (t) => {
  const { core, other, faults, group, ann, bob, soup } = await openPair(t);
  const byAnn = await accessOf(core, ann, group);
  faults.appends.push(async () => operations.erase(other, byAnn, soup));
  const { state } = await operations.erase(core, await accessOf(core, bob, group), soup);
  t.is(state.erasedBy?.author, ann.id);
  t.is((await wholeLog(core, group.id)).filter(({ kind }) => kind === 'erase').length, 1);
});

test('races: a post after a concurrent removal of its author is refused', async (t) => {
  const { core, other, faults, group, ann, bob } = await openPair(t);
  const at = await accessOf(core, bob, group);
  faults.appends.push(() => removeMember(other, ann.id, group, bob));
  t.is(await refusal(t, operations.post(core, at, { body: 'too late' })), 'notFound');
  t.is((await wholeLog(core, group.id)).at(-1)?.kind, 'leave');
});

test('races: a post of a member who left and rejoined in between succeeds', async (t) => {
  const { core, other, faults, group, ann, bob } = await openPair(t);
  const at = await accessOf(core, bob, group);
  faults.appends.push(async () => {
    await removeMember(other, ann.id, group, bob);
    await addMember(other, ann.id, group, bob);
  });
  await operations.post(core, at, { body: 'here again' });
  t.is(bodiesIn(await wholeLog(core, group.id)).at(-1), 'here again');
});

test('races: a post is refused when its author was removed while the request was received', async (t) => {
  const { core, group, ann, bob } = await openPair(t);
  const at = await accessOf(core, bob, group); // access is read when the request begins; its body arrives later
  await removeMember(core, ann.id, group, bob);
  await operations.post(core, await accessOf(core, ann, group), { body: 'he is gone' });
  t.is(await refusal(t, operations.post(core, at, { body: 'still here?' })), 'notFound');
  t.is(bodiesIn(await wholeLog(core, group.id)).at(-1), 'he is gone');
});

test('races: a post into a group that was archived meanwhile is refused', async (t) => {
  const { core, other, faults, group, ann, bob } = await openPair(t);
  const at = await accessOf(core, bob, group);
  faults.appends.push(() => setArchived(other, ann.id, group, true));
  t.is(await refusal(t, operations.post(core, at, { body: 'too late' })), 'forbidden');
});

test('races: without new entries a post does not read the membership twice', async (t) => {
  const { core, faults, group, bob } = await openPair(t);
  const at = await accessOf(core, bob, group);
  faults.asked.length = 0;
  await operations.post(core, at, { body: 'quick' });
  t.false(
    faults.asked.some((name) => ['byId', 'get'].includes(name)),
    faults.asked.join(),
  );
});

test('undo: allowed until undoUntil, not 1 ms later', async (t) => {
  const { core, clock, group, bob, soup } = await openPair(t);
  const at = await accessOf(core, bob, group);
  await operations.erase(core, at, soup);
  clock.turn(10_000);
  t.is((await operations.unerase(core, at, soup)).state.erasedBy, undefined);
  await operations.erase(core, at, soup);
  clock.turn(10_001);
  t.is(await refusal(t, operations.unerase(core, at, soup)), 'forbidden');
});

test('undo: refused when the store answered after undoUntil', async (t) => {
  const { core, other, faults, clock, group, bob, soup } = await openPair(t);
  const at = await accessOf(core, bob, group);
  await operations.erase(core, at, soup);
  faults.appends.push(async () => {
    await operations.post(other, at, { body: 'in between' });
    clock.turn(10_001);
  });
  t.is(await refusal(t, operations.unerase(core, at, soup)), 'forbidden');
});

test('crash between a membership and its entry: the entry is appended once', async (t) => {
  const { core, other, clock, group, ann, bob, eve } = await openPair(t);
  const before = (await wholeLog(core, group.id)).length;
  const change = { in: true, role: 'member', by: ann.id } as const;
  // The state after a process died right after writing the record.
  const own = { mark: 0, level: 'mentions', hidden: null, ceding: false } as const;
  t.true(await core.store.memberships.put({ group: group.id, user: eve.id, ...change, ...own, rev: 1, lined: false, at: clock.now() }));
  t.is(await announceMembershipChanges(core), 0, 'somebody may still be at it');
  clock.turn(2001);
  await Promise.all([
    announceMembershipChanges(core),
    announceMembershipChanges(other),
    changeMembership(other, group.id, eve.id, change),
    announceMembershipChanges(core),
  ]);
  const lines = (await wholeLog(core, group.id)).slice(before);
  t.deepEqual(
    lines.map((entry) => (entry.kind === 'join' ? [entry.kind, entry.member, entry.author] : entry.kind)),
    [['join', eve.id, ann.id]],
  );
  t.is(await announceMembershipChanges(core), 0);
  await operations.post(core, await accessOf(core, eve, group), { body: 'hello' });
  t.true(isDense(await wholeLog(core, group.id)));
  t.false((await core.store.memberships.get(group.id, bob.id))?.lined === false);
});

test('crash before the entry of a rename, topic or archiving: it is appended once', async (t) => {
  const { core, other, clock, group, ann } = await openPair(t);
  const before = (await wholeLog(core, group.id)).length;
  const faults = new Faults();
  faults.appends.push(...Array.from({ length: 1000 }, () => 'dropped' as const));
  const dying = faultyCore(core, faults);
  await t.throwsAsync(setTopic(dying, ann.id, group, 'Bread'), { message: /does not answer/ });
  await t.throwsAsync(renameGroup(dying, ann.id, group, 'Bakery'), { message: /does not answer/ });
  await t.throwsAsync(setArchived(dying, ann.id, group, true), { message: /does not answer/ });
  t.like(await core.store.groups.byId(group.id), { topic: 'Bread', name: 'Bakery', archived: true });
  t.is(await announceGroupChanges(core), 0, 'somebody may still be at it');
  clock.turn(2001);
  await Promise.all([announceGroupChanges(core), announceGroupChanges(other), announceGroupChanges(core)]);
  const lines = (await wholeLog(core, group.id)).slice(before);
  t.deepEqual(lines.map(({ kind, author }) => [kind, author]).toSorted(), [
    ['archive', ann.id],
    ['rename', ann.id],
    ['topic', ann.id],
  ]);
  t.is(await announceGroupChanges(core), 0);
  await setArchived(core, ann.id, { ...group, archived: true }, false);
  t.is((await wholeLog(core, group.id)).at(-1)?.kind, 'archive', 'one that does not die writes its line itself');
  clock.turn(2001);
  t.is(await announceGroupChanges(core), 0);
});
