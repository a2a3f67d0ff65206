import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
import { channelOf, type GroupId, newUid, type UserId } from '../ids.ts';
import type { Membership, Preferences } from './port.ts';
import { canStepDown, stepsDown } from './rules.ts';

export type Change = {
  readonly in: boolean;
  readonly role: Membership['role'];
  readonly by: UserId;
  /** Take a moderator away even if none is left. */
  readonly force?: boolean;
} & Partial<Pick<Membership, 'level' | 'hidden'>>; // what a new member has chosen to begin with

const TRIES = 20;

/**
 * Brings a membership to a wanted state and writes its line in the log: `join` or `leave`.
 * The record is the truth and is written first; the line has a key derived from the record's rev, so that finishing it again is harmless.
 * Resolves to whether anything changed. Errors: `conflict` when others keep changing it, or when it would leave people without a moderator.
 */
export async function changeMembership(core: Core, group: GroupId, user: UserId, change: Change): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const present = await core.store.memberships.get(group, user);
    if (present && !present.lined && !present.ceding) await writeLine(core, present);
    if ((present?.in ?? false) === change.in && (!change.in || present?.role === change.role)) {
      if (present?.ceding && !(await withdraw(core, present))) continue;
      return false;
    }
    const ready = present && stepsDown(present, change) && change.force !== true ? await announce(core, present) : present;
    if (present && !ready) continue;
    const next = nextMembership(group, user, ready, change, core.now());
    if (!(await core.store.memberships.put(next))) continue;
    if (!next.lined) await writeLine(core, next);
    return true;
  }
  throw conflict('This membership is being changed by others at the same time. Try again.');
}

function nextMembership(
  group: GroupId,
  user: UserId,
  present: Membership | undefined,
  { in: isIn, role, by, level = 'mentions', hidden = null }: Change,
  now: number,
): Membership {
  const isMove = (present?.in ?? false) !== isIn;
  const kept = { mark: present?.mark ?? 0, level: present?.level ?? level, hidden: present ? present.hidden : hidden };
  return { group, user, in: isIn, role, by, rev: (present?.rev ?? 0) + 1, lined: !isMove, at: now, ceding: false, ...kept };
}

/**
 * Says that a moderator is about to be none, and looks whether another stays: in this order, so that of two who do it at once one at least sees the
 * other. No write spans two records; but from here on the change is made only over this very record, and until then nothing is lost.
 * Resolves to the record to write over; undefined when somebody else was faster. Errors: `conflict` when no other moderator stays.
 */
async function announce(core: Core, present: Membership): Promise<Membership | undefined> {
  if (!(await anotherStays(core, present))) throw lastModerator();
  const announced = present.ceding ? present : { ...present, rev: present.rev + 1, ceding: true, lined: false, at: core.now() };
  if (announced !== present && !(await core.store.memberships.put(announced))) return undefined;
  if (await anotherStays(core, present)) return announced;
  await withdraw(core, announced);
  throw lastModerator();
}

const lastModerator = () => conflict('You are the last moderator here. Make somebody else one first.');

async function anotherStays(core: Core, { group, user }: Membership): Promise<boolean> {
  const others = (await core.store.memberships.ofGroup(group)).filter((one) => one.user !== user);
  const users = new Map((await core.store.users.byIds(others.map((one) => one.user))).map((one) => [one.id, one]));
  return canStepDown(
    others.flatMap((membership) => {
      const known = users.get(membership.user);
      return known ? [{ user: known, membership }] : [];
    }),
  );
}

/** Nothing came of it. */
const withdraw = (core: Core, announced: Membership): Promise<boolean> =>
  core.store.memberships.put({ ...announced, rev: announced.rev + 1, ceding: false, lined: true, at: core.now() });

/** The line in the log for what a membership record says. Repeats harmlessly. */
async function writeLine(core: Core, membership: Membership): Promise<void> {
  const { group, user, by, rev } = membership;
  const kind = membership.in ? 'join' : 'leave';
  const key = `s:${kind}:${user}:${rev}`;
  const { seq } = await core.appender.append(group, { kind, author: by, member: user, uid: newUid(core.random), key });
  await core.store.memberships.markAnnounced(group, user, rev, seq);
  core.bus.publish({ type: 'mine', group: channelOf(user) });
}

/** Changes what a member has chosen for themself, and tells their pages. Resolves to whether there is a record. */
export async function prefer(core: Core, group: GroupId, user: UserId, preferences: Preferences): Promise<boolean> {
  const isDone = await core.store.memberships.setPreferences(group, user, preferences);
  if (isDone) core.bus.publish({ type: 'mine', group: channelOf(user) });
  return isDone;
}

/** Moves a member's read mark forward, and tells their other pages. */
export async function moveMark(core: Core, group: GroupId, user: UserId, n: number): Promise<void> {
  if (await core.store.memberships.advanceMark(group, user, n)) core.bus.publish({ type: 'mark', group: channelOf(user), of: group, n });
}

/** Moves a member's read mark back, as they asked, and has their pages look again. */
export async function moveMarkBack(core: Core, group: GroupId, user: UserId, n: number): Promise<void> {
  if (await core.store.memberships.rewindMark(group, user, n)) core.bus.publish({ type: 'mine', group: channelOf(user) });
}

/** Finishes what a crash left undone, of changes older than `ageMs`: writes lines that are missing, takes back what was only announced. */
export async function announceMembershipChanges(core: Core, ageMs = 2000): Promise<number> {
  const unlined = await core.store.memberships.listUnannounced(core.now() - ageMs, 100);
  for (const membership of unlined) {
    if (membership.ceding) await withdraw(core, membership);
    else await writeLine(core, membership);
  }
  return unlined.length;
}
