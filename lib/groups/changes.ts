import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';
import { newUid } from '../ids.ts';
import type { Archived, Renamed, TopicChanged } from '../log/entry.ts';
import type { Group, GroupChange, GroupPatch } from './port.ts';

/**
 * Changes a group's record, and writes the line in its log that says so. The record is the truth and is written first, with the line to come: a process
 * that dies in between leaves it to `finishChanges`. Resolves to 'done', or to why nothing was changed.
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
  if (result === 'done') await writeLine(core, group.id, change);
  return result;
}

/** The line in the log for a change of a group. Repeats harmlessly: its key is the change's own. */
async function writeLine(core: Core, group: GroupId, { line }: GroupChange): Promise<void> {
  await core.appender.append(group, line);
  await core.store.groups.announced(group, line.uid);
}

/** Writes the lines that a crash left out, of changes older than `ageMs`. Resolves to how many there were. Errors: StoreUnavailable. */
export async function finishChanges(core: Core, ageMs = 2000): Promise<number> {
  const unannounced = await core.store.groups.unannounced(core.now() - ageMs, 100);
  for (const { group, change } of unannounced) await writeLine(core, group, change);
  return unannounced.length;
}
