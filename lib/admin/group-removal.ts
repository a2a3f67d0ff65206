import type { User } from '../accounts/port.ts';
import { revoke } from '../accounts/revoke.ts';
import { ofGroup } from '../audit/act.ts';
import { botsOf, revokeBot } from '../bots/operations.ts';
import type { Core } from '../core.ts';
import { conflict, forbidden } from '../errors.ts';
import type { FileUsage } from '../files/port.ts';
import type { Group } from '../groups/port.ts';
import { isDirect } from '../groups/rules.ts';
import { channelOf, type GroupId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { isHeld } from '../retention/rules.ts';
import { SERVER } from '../security/event.ts';

/** So long after the deletion, by the clock of the sweeping process, everything is removed: what was being written has ended by then. */
export const PURGE_AFTER_MS = 30_000;
/** A step of the sweep, and how many steps it takes in one group at a time. */
const [AT_ONCE, MAX_STEPS] = [1000, 20];

/** What the deletion of a group removes. `bots`: those that are in no other group. */
export type Loss = FileUsage & { readonly messages: number; readonly members: number; readonly bots: readonly User[] };

export async function lossOf(core: Core, group: Group): Promise<Loss> {
  const { log, memberships, files } = core.store;
  const [{ n }, members, usage, bots] = await Promise.all([
    log.head(group.id),
    memberships.ofGroup(group.id),
    files.usageIn(group.id),
    ownBots(core, group),
  ]);
  return { ...usage, messages: n, members: members.length, bots };
}

/** The bots of a group that are in no other one. */
async function ownBots(core: Core, group: Group): Promise<User[]> {
  const bots = await botsOf(core, group);
  const reaches = await Promise.all(bots.map(({ id }) => core.store.memberships.ofUser(id)));
  return bots.filter((_, index) => reaches[index]?.length === 1);
}

/**
 * Deletes a group for good: it is gone at once for everybody, its streams end, and the bots that are in no other group are revoked. Messages, files,
 * memberships, webhooks and search terms are removed by `purgeGroups` within a minute or so. Errors: `forbidden` (direct messages), `conflict` (legal hold).
 */
export async function deleteGroup(core: Core, by: UserId, group: Group): Promise<void> {
  if (isDirect(group)) throw forbidden(t`Direct messages belong to their members and cannot be deleted.`);
  if (isHeld(group, core.config)) throw conflict(t`${group.name} is on legal hold. Lift the hold first.`);
  const { messages, members, bots } = await lossOf(core, group);
  await core.audit.record({ act: 'group_deleted', subject: ofGroup(group), detail: `${messages} messages, ${members} members` });
  await core.store.removals.mark(group.id, core.now());
  for (const bot of bots) await revokeBot(core, by, bot);
  await endAccess(core, by, group.id);
}

/** Ends the streams of a group that is marked, and removes it from its members' lists. */
async function endAccess(core: Core, by: UserId, group: GroupId): Promise<void> {
  await revoke(core, by, { scope: 'group', of: group });
  for (const { user } of await core.store.memberships.ofGroup(group)) core.bus.publish({ type: 'mine', group: channelOf(user) });
}

/**
 * Removes what the groups deleted PURGE_AFTER_MS ago consist of. May run in any process, in several at once, and again after a crash, which it completes.
 * Errors: StoreUnavailable.
 */
export async function purgeGroups(core: Core): Promise<void> {
  for (const { id, at } of await core.store.removals.marked()) {
    if (core.now() - at < PURGE_AFTER_MS) continue;
    if ((await core.store.memberships.ofGroup(id)).length > 0) await endAccess(core, SERVER, id);
    if (await purge(core, id)) await core.store.removals.remove(id);
  }
}

/** Resolves to whether nothing is left. */
async function purge({ store }: Core, group: GroupId): Promise<boolean> {
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const files = await store.files.inGroup(group, AT_ONCE / 10);
    for (const { id } of files) await store.files.remove(id);
    if ((await store.removals.purge(group, AT_ONCE)) && files.length === 0) return true;
  }
  return false;
}
