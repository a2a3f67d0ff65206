import { COLORS } from '../accounts/account.ts';
import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';

/** Groups of a person that are looked at, and other members of a group. Among more members every colour is taken, all but surely. */
const [MAX_GROUPS, MAX_MEMBERS] = [50, 50];

/**
 * Gives a new member a colour that nobody else in the group has, if theirs is taken, and if there is one that shares fewer groups with its equal than the
 * present one does. In a group with all colours, or more than 50 others, nothing changes. It reads the same amount at most, however large the groups are.
 */
export async function settleColor(core: Core, group: GroupId, user: UserId): Promise<void> {
  const here = await colorsIn(core, group, user);
  if (!here || here.size >= COLORS) return;
  const color = (await core.directory.profiles([user])).get(user)?.color;
  if (color === undefined || !here.has(color)) return;
  const others = (await core.store.memberships.ofUser(user)).map((membership) => membership.group).slice(0, MAX_GROUPS);
  const taken = await Promise.all(others.map((one) => (one === group ? here : colorsIn(core, one, user))));
  const sharedBy = (one: number): number => taken.filter((colors) => colors?.has(one)).length;
  const best = leastShared(color, sharedBy);
  if (best === color) return;
  await core.store.users.update(user, { color: best });
  core.directory.forget(user);
}

/** The colours of the other members; undefined with more than MAX_MEMBERS of them. */
async function colorsIn({ store, directory }: Core, group: GroupId, except: UserId): Promise<ReadonlySet<number> | undefined> {
  const members = (await store.memberships.someOf(group, MAX_MEMBERS + 2)).filter((user) => user !== except);
  if (members.length > MAX_MEMBERS) return undefined;
  return new Set([...(await directory.profiles(members)).values()].map(({ color }) => color));
}

/** Of equals the present one, then the next after it. */
function leastShared(present: number, sharedBy: (color: number) => number): number {
  const candidates = Array.from({ length: COLORS }, (_, step) => (present + step) % COLORS);
  return candidates.reduce((best, color) => (sharedBy(color) < sharedBy(best) ? color : best), present);
}
