import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';
import { newUid } from '../ids.ts';
import type { Archived, Renamed, TopicChanged } from '../log/entry.ts';
import type { Group, GroupChange, GroupPatch } from './port.ts';

/**
 * Changes the record of a group and appends the entry about it. The record is the truth and is written first, together with the pending entry: after a
 * crash in between, `announceGroupChanges` appends it. Resolves to 'done', or to the reason why nothing changed.
 */
export async function changeGroup(
  core: Core,
  by: UserId,
  group: Group,
  patch: GroupPatch,
  body: Renamed | TopicChanged | Archived,
): Promise<'done' | 'missing' | 'slug' | 'code'> {
  const uid = newUid(core.random);
  const change = { line: { ...body, author: by, uid, key: `s:${body.kind}:${uid}` }, at: core.now() };
  const result = await core.store.groups.update(group.id, patch, change);
  if (result === 'done') await appendEntry(core, group.id, change);
  return result;
}

/** Appends the entry about a change of a group. Idempotent: its key is derived from the change. */
async function appendEntry(core: Core, group: GroupId, { line }: GroupChange): Promise<void> {
  await core.appender.append(group, line);
  await core.store.groups.markAnnounced(group, line.uid);
}

/** Appends the missing entries of changes older than `ageMs`, after a crash. Resolves to their number. Errors: StoreUnavailable. */
export async function announceGroupChanges(core: Core, ageMs = 2000): Promise<number> {
  const unannounced = await core.store.groups.listUnannounced(core.now() - ageMs, 100);
  for (const { group, change } of unannounced) await appendEntry(core, group, change);
  return unannounced.length;
}
