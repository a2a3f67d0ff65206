import test, { type ExecutionContext } from 'ava';
import type { Core } from '../../lib/core.ts';
import { DomainError, type ErrorCode } from '../../lib/errors.ts';
import { announceGroupChanges } from '../../lib/groups/changes.ts';
import { announceMembershipChanges, changeMembership } from '../../lib/groups/membership.ts';
import { addMember, removeMember, renameGroup, setArchived, setTopic } from '../../lib/groups/operations.ts';
import * as operations from '../../lib/messages/operations.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';
import { bodiesIn, type Cast, isDense, openCast, standingOf, wholeLog } from './cast.ts';

/** Two cores on one store; the first one's appends can be preceded by what the second does. */
async function openPair(t: ExecutionContext): Promise<Cast & { readonly other: Core; readonly faults: Faults; readonly soup: number }> {
  const cast = await openCast(t);
  const faults = new Faults();
  const core = faultyCore(cast.core, faults);
  const { message } = await operations.post(core, await standingOf(core, cast.bob, cast.group), { body: 'soup' });
  return { ...cast, core, other: await cast.second(), faults, soup: message.seq };
}

async function refusal(t: ExecutionContext, promise: Promise<unknown>): Promise<ErrorCode | undefined> {
  const error = await t.throwsAsync(promise);
  return error instanceof DomainError ? error.code : undefined;
}

test('an edit that an erasure of another process overtakes is refused, and the text stays as it was', async (t) => {
  const { core, other, faults, group, bob, soup } = await openPair(t);
  const at = await standingOf(core, bob, group);
  faults.appends.push(() => operations.erase(other, at, soup));
  t.is(await refusal(t, operations.edit(core, at, soup, 'stew')), 'forbidden');
  const log = await wholeLog(core, group.id);
  t.deepEqual(
    log.slice(-2).map(({ kind }) => kind),
    ['message', 'erase'],
  );
  t.true(isDense(log));
});

test('an erasure that an edit of another process overtakes goes through, after it', async (t) => {
  const { core, other, faults, group, bob, soup } = await openPair(t);
  const at = await standingOf(core, bob, group);
  faults.appends.push(() => operations.edit(other, at, soup, 'stew'));
  t.truthy((await operations.erase(core, at, soup)).state.erasedBy);
  t.deepEqual(
    (await wholeLog(core, group.id)).slice(-2).map(({ kind }) => kind),
    ['edit', 'erase'],
  );
});

test('of two erasures at once one is written', async (t) => {
  const { core, other, faults, group, ann, bob, soup } = await openPair(t);
  const byAnn = await standingOf(core, ann, group);
  faults.appends.push(async () => operations.erase(other, byAnn, soup));
  const { state } = await operations.erase(core, await standingOf(core, bob, group), soup);
  t.is(state.erasedBy?.author, ann.id);
  t.is((await wholeLog(core, group.id)).filter(({ kind }) => kind === 'erase').length, 1);
});

test('a post that the removal of its author overtakes on another process is refused', async (t) => {
  const { core, other, faults, group, ann, bob } = await openPair(t);
  const at = await standingOf(core, bob, group);
  faults.appends.push(() => removeMember(other, ann.id, group, bob));
  t.is(await refusal(t, operations.post(core, at, { body: 'too late' })), 'notFound');
  t.is((await wholeLog(core, group.id)).at(-1)?.kind, 'leave');
});

test('a post of somebody who left and came back in between goes through', async (t) => {
  const { core, other, faults, group, ann, bob } = await openPair(t);
  const at = await standingOf(core, bob, group);
  faults.appends.push(async () => {
    await removeMember(other, ann.id, group, bob);
    await addMember(other, ann.id, group, bob);
  });
  await operations.post(core, at, { body: 'here again' });
  t.is(bodiesIn(await wholeLog(core, group.id)).at(-1), 'here again');
});

test('a post whose author was removed while the request was being sent is refused, though this process knows the log to its end', async (t) => {
  const { core, group, ann, bob } = await openPair(t);
  const at = await standingOf(core, bob, group); // the request's first look; its body takes a while to arrive
  await removeMember(core, ann.id, group, bob);
  await operations.post(core, await standingOf(core, ann, group), { body: 'he is gone' });
  t.is(await refusal(t, operations.post(core, at, { body: 'still here?' })), 'notFound');
  t.is(bodiesIn(await wholeLog(core, group.id)).at(-1), 'he is gone');
});

test('a post into a group that is archived meanwhile is refused', async (t) => {
  const { core, other, faults, group, ann, bob } = await openPair(t);
  const at = await standingOf(core, bob, group);
  faults.appends.push(() => setArchived(other, ann.id, group, true));
  t.is(await refusal(t, operations.post(core, at, { body: 'too late' })), 'forbidden');
});

test('with nothing new in the log a post asks for no rights twice', async (t) => {
  const { core, faults, group, bob } = await openPair(t);
  const at = await standingOf(core, bob, group);
  faults.asked.length = 0;
  await operations.post(core, at, { body: 'quick' });
  t.false(
    faults.asked.some((name) => ['byId', 'get'].includes(name)),
    faults.asked.join(),
  );
});

test('an erasure can be taken back until its time is over, not a millisecond later', async (t) => {
  const { core, clock, group, bob, soup } = await openPair(t);
  const at = await standingOf(core, bob, group);
  await operations.erase(core, at, soup);
  clock.turn(10_000);
  t.is((await operations.unerase(core, at, soup)).state.erasedBy, undefined);
  await operations.erase(core, at, soup);
  clock.turn(10_001);
  t.is(await refusal(t, operations.unerase(core, at, soup)), 'forbidden');
});

test('an undo that waited for the store past its time is refused', async (t) => {
  const { core, other, faults, clock, group, bob, soup } = await openPair(t);
  const at = await standingOf(core, bob, group);
  await operations.erase(core, at, soup);
  faults.appends.push(async () => {
    await operations.post(other, at, { body: 'in between' });
    clock.turn(10_001);
  });
  t.is(await refusal(t, operations.unerase(core, at, soup)), 'forbidden');
});

test('a crash between a membership and its line is mended once, whoever comes first', async (t) => {
  const { core, other, clock, group, ann, bob, eve } = await openPair(t);
  const before = (await wholeLog(core, group.id)).length;
  const change = { in: true, role: 'member', by: ann.id } as const;
  // What a process that dies right after the record leaves behind.
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
  await operations.post(core, await standingOf(core, eve, group), { body: 'hello' });
  t.true(isDense(await wholeLog(core, group.id)));
  t.false((await core.store.memberships.get(group.id, bob.id))?.lined === false);
});

test('the line of a rename, a topic and an archiving is written once, by whoever comes next, when its process died before', async (t) => {
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
