import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
import { type GroupId, newUid, type UserId } from '../ids.ts';
import type { Membership } from '../store/port.ts';

export type Change = { readonly in: boolean; readonly role: Membership['role']; readonly by: UserId };

const TRIES = 20;

/**
 * Brings a membership to a wanted state and writes its line in the log: `join` or `leave`.
 * The record is the truth and is written first; the line has a key derived from the record's rev, so that finishing it again is harmless.
 * Resolves to whether anything changed. Errors: `conflict` when others keep changing it.
 */
export async function changeMembership(core: Core, group: GroupId, user: UserId, change: Change): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const present = await core.store.memberships.get(group, user);
    if (present && !present.lined) await writeLine(core, present);
    if ((present?.in ?? false) === change.in && (!change.in || present?.role === change.role)) return false;
    const next = nextMembership(group, user, present, change, core.now());
    if (!(await core.store.memberships.put(next))) continue;
    if (!next.lined) await writeLine(core, next);
    return true;
  }
  throw conflict('This membership is being changed by others at the same time. Try again.');
}

function nextMembership(group: GroupId, user: UserId, present: Membership | undefined, change: Change, now: number): Membership {
  const isMove = (present?.in ?? false) !== change.in;
  return { group, user, ...change, rev: (present?.rev ?? 0) + 1, lined: !isMove, at: now, mark: present?.mark ?? 0 };
}

/** The line in the log for what a membership record says. Repeats harmlessly. */
async function writeLine(core: Core, membership: Membership): Promise<void> {
  const { group, user, by, rev } = membership;
  const kind = membership.in ? 'join' : 'leave';
  await core.appender.append(group, { kind, author: by, member: user, uid: newUid(core.random), key: `s:${kind}:${user}:${rev}` });
  await core.store.memberships.lined(group, user, rev);
}

/** Writes the lines that a crash left out: changes older than `ageMs`. */
export async function finishLines(core: Core, ageMs = 2000): Promise<number> {
  const unlined = await core.store.memberships.unlined(core.now() - ageMs, 100);
  for (const membership of unlined) await writeLine(core, membership);
  return unlined.length;
}
