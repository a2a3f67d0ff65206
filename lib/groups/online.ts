import type { Core } from '../core.ts';
import { onlineChannelOf, type UserId } from '../ids.ts';
import type { Group } from './port.ts';
import type { Disc } from './sidebar.ts';

/** The direct messages, those with the newest messages, of which a list shows whether the other person is online. */
const MAX_SHOWN = 50;

type Listed = { readonly group: Pick<Group, 'archived' | 'head'>; readonly face: Disc | null };

/** The other people of these direct messages whose presence a list shows. */
export function partnersIn(mine: readonly Listed[]): UserId[] {
  const newest = mine.filter(({ group, face }) => face?.person && !group.archived).toSorted((a, b) => b.group.head.at - a.group.head.at);
  return newest.slice(0, MAX_SHOWN).flatMap(({ face }) => face?.person ?? []);
}

/** Whether the other person of direct messages is among these. */
export const isPartnerIn = (online: { has(user: UserId): boolean }, { face }: Pick<Listed, 'face'>): boolean =>
  face?.person ? online.has(face.person) : false;

/** Whether this user has a page open that can be seen, in any process; false while the bus is down. Never rejects. */
export const isOnline = async ({ bus }: Pick<Core, 'bus'>, user: UserId): Promise<boolean> =>
  (await bus.presence.list(onlineChannelOf(user))).size > 0;

/** Those of these users who are online. Never rejects. */
export async function onlineAmong(core: Pick<Core, 'bus'>, users: readonly UserId[]): Promise<ReadonlySet<UserId>> {
  const found = await Promise.all(users.map((user) => isOnline(core, user)));
  return new Set(users.filter((_, index) => found[index]));
}
