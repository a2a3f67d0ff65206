import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
import { channelOf, type GroupId, newUid, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { announceStepDown } from '../step-down.ts';
import { settleColor } from './colors.ts';
import type { Membership, Preferences } from './port.ts';
import { canStepDown, stepsDown } from './rules.ts';

type Change = {
  readonly in: boolean;
  readonly role: Membership['role'];
  readonly by: UserId;
  /** Allows removing the last moderator. */
  readonly force?: boolean;
} & Partial<Pick<Membership, 'level' | 'hidden' | 'mark'>>; // initial settings of a new member

const MAX_ATTEMPTS = 20;

/**
 * Sets the state of a membership and appends its `join` or `leave` entry.
 * The record is the truth and is written first; the key of the entry is derived from the record's rev, so appending it again has no effect.
 * Resolves to whether anything changed. Errors: `conflict` when others keep changing it, or when the group would lose its last moderator.
 */
export async function changeMembership(core: Core, group: GroupId, user: UserId, change: Change): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const present = await core.store.memberships.get(group, user);
    if (present && !present.lined && !present.ceding) await appendEntry(core, present);
    if ((present?.in ?? false) === change.in && (!change.in || present?.role === change.role)) {
      if (present?.ceding && !(await withdrawStepDown(core, present))) continue;
      return false;
    }
    const current = present && stepsDown(present, change) && change.force !== true ? await announceModerator(core, present) : present;
    if (present && !current) continue;
    const next = nextMembership(group, user, current, change, core.now());
    if (!(await core.store.memberships.put(next))) continue;
    if (!next.lined) await appendEntry(core, next);
    if (next.in && !present?.in) await chooseColor(core, group, user);
    await recordRole(core, present, next);
    return true;
  }
  throw conflict(t`This membership is being changed by others at the same time. Try again.`);
}

/** A colour is a convenience: a failure does not fail the change. */
const chooseColor = (core: Core, group: GroupId, user: UserId): Promise<void> =>
  settleColor(core, group, user).catch((error) => core.logger.debug({ err: error }, 'choosing a colour failed'));

function nextMembership(
  group: GroupId,
  user: UserId,
  present: Membership | undefined,
  { in: isIn, role, by, level = 'mentions', hidden = null, mark = 0 }: Change,
  now: number,
): Membership {
  const isMove = (present?.in ?? false) !== isIn;
  const kept = { mark: present?.mark ?? mark, level: present?.level ?? level, hidden: present ? present.hidden : hidden };
  return { group, user, in: isIn, role, by, rev: (present?.rev ?? 0) + 1, lined: !isMove, at: now, ceding: false, ...kept };
}

/**
 * Announces that a moderator steps down. Resolves to the record to replace; undefined when another writer was faster.
 * Errors: `conflict` when no other moderator remains.
 */
async function announceModerator(core: Core, present: Membership): Promise<Membership | undefined> {
  if (!(await hasOtherModerator(core, present))) throw lastModerator();
  const outcome = await announceStepDown<Membership>({
    announce: async () => {
      const announced = present.ceding ? present : { ...present, rev: present.rev + 1, ceding: true, lined: false, at: core.now() };
      return announced === present || (await core.store.memberships.put(announced)) ? announced : undefined;
    },
    anotherRemains: () => hasOtherModerator(core, present),
    withdraw: (announced) => withdrawStepDown(core, announced),
  });
  if (outcome === 'last') throw lastModerator();
  return outcome === 'changed' ? undefined : outcome;
}

const lastModerator = () => conflict(t`You are the last moderator of this group. Make somebody else a moderator first.`);

async function hasOtherModerator(core: Core, { group, user }: Membership): Promise<boolean> {
  const others = (await core.store.memberships.ofGroup(group)).filter((one) => one.user !== user);
  const users = new Map((await core.store.users.byIds(others.map((one) => one.user))).map((one) => [one.id, one]));
  return canStepDown(
    others.flatMap((membership) => {
      const known = users.get(membership.user);
      return known ? [{ user: known, membership }] : [];
    }),
  );
}

/** Records a role that was given or taken away, and a removal by somebody else. */
async function recordRole(core: Core, before: Membership | undefined, { group, user, by, ...now }: Membership): Promise<void> {
  const was = before?.in === true && before.role === 'moderator';
  const is = now.in && now.role === 'moderator';
  const isRemoval = !now.in && by !== user;
  if ((was === is && !isRemoval) || (is && before === undefined && by === user)) return; // of a new group its creator is moderator
  const detail = (await core.store.groups.byId(group))?.name;
  if (was !== is) core.securityLog.record({ event: is ? 'moderator_granted' : 'moderator_revoked', user, detail });
  if (isRemoval) core.securityLog.record({ event: 'member_removed', user, detail });
}

/** Withdraws the announced step-down. */
const withdrawStepDown = (core: Core, announced: Membership): Promise<boolean> =>
  core.store.memberships.put({ ...announced, rev: announced.rev + 1, ceding: false, lined: true, at: core.now() });

/** Appends the entry for the state of a membership record. Idempotent. */
async function appendEntry(core: Core, membership: Membership): Promise<void> {
  const { group, user, by, rev } = membership;
  const kind = membership.in ? 'join' : 'leave';
  const key = `s:${kind}:${user}:${rev}`;
  const { seq } = await core.appender.append(group, { kind, author: by, member: user, uid: newUid(core.random), key });
  await core.store.memberships.markAnnounced(group, user, rev, seq);
  core.bus.publish({ type: 'mine', group: channelOf(user) });
}

/** Changes the preferences of a member and notifies their pages. Resolves to whether there is a record. */
export async function setPreferences(core: Core, group: GroupId, user: UserId, preferences: Preferences): Promise<boolean> {
  const isDone = await core.store.memberships.setPreferences(group, user, preferences);
  if (isDone) core.bus.publish({ type: 'mine', group: channelOf(user) });
  return isDone;
}

/** Moves a member's read mark forward and notifies their other pages. */
export async function moveMark(core: Core, group: GroupId, user: UserId, n: number): Promise<void> {
  if (await core.store.memberships.advanceMark(group, user, n)) core.bus.publish({ type: 'mark', group: channelOf(user), of: group, n });
}

/** Moves a member's read mark back and has their pages read it again. */
export async function moveMarkBack(core: Core, group: GroupId, user: UserId, n: number): Promise<void> {
  if (await core.store.memberships.rewindMark(group, user, n)) core.bus.publish({ type: 'mine', group: channelOf(user) });
}

/** Completes changes older than `ageMs` that a crash interrupted: appends missing entries, withdraws announced step-downs. Resolves to their number. */
export async function announceMembershipChanges(core: Core, ageMs = 2000): Promise<number> {
  const unannounced = await core.store.memberships.listUnannounced(core.now() - ageMs, 100);
  for (const membership of unannounced) {
    if (membership.ceding) await withdrawStepDown(core, membership);
    else await appendEntry(core, membership);
  }
  return unannounced.length;
}
