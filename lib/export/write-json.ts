import type { Core } from '../core.ts';
import type { UserId } from '../ids.ts';
import { copyFiles } from './files.ts';
import { createExportFolder, type ExportFolder, type TextFile } from './folder.ts';
import { givenActs, givenReactions, groupRecord, HEADING, iso, lineRecord, peopleIn, personRecord } from './json.ts';
import { type ExportOptions, Tally } from './options.ts';
import { groupsOf } from './scope.ts';

/** The file of records in the folder. */
export const RECORDS = 'export.jsonl';

/** Writes the records and the files to a new folder. Errors: `conflict` (the folder exists), StoreUnavailable, those of the disk. */
export async function exportJsonFolder(core: Core, path: string, options: ExportOptions): Promise<Tally> {
  const folder = await createExportFolder(path);
  try {
    const records = await folder.text(RECORDS);
    const tally = await writeRecords(core, records, options, folder);
    await records.end();
    await folder.finish();
    return tally;
  } catch (error) {
    await folder.abort();
    throw error;
  }
}

/** Writes the records, one JSON object per line, without the content of files unless there is a folder for them. */
export async function writeRecords(core: Core, out: TextFile, options: ExportOptions, folder?: ExportFolder): Promise<Tally> {
  const tally = new Tally(options);
  const write = (record: object) => out.write(`${JSON.stringify(record)}\n`);
  const named = new Set<UserId>();
  const introduce = async (ids: readonly UserId[]) => {
    const fresh = [...new Set(ids)].filter((id) => !named.has(id));
    if (fresh.length === 0) return;
    for (const profile of (await core.directory.profiles(fresh)).values()) await write(personRecord(profile));
    for (const id of fresh) named.add(id);
  };
  const { scope, program } = options;
  await write({ ...HEADING, created_at: iso(core.now()), program, ...('user' in scope ? { user: scope.user.id } : {}) });
  if ('user' in scope) await introduce([scope.user.id]);
  for await (const one of groupsOf(core, scope)) {
    let isBegun = false;
    const begin = async () => {
      if (isBegun) return;
      isBegun = true;
      const { members, ...record } = await groupRecord(core, one.group);
      if ('group' in scope) await introduce(members.map(({ id }) => id));
      await write({ ...record, members: 'group' in scope ? members : [] }); // who else is in it is no part of what one person wrote
      tally.groups += 1;
    };
    if ('group' in scope) await begin();
    for await (const line of one.lines) {
      await begin();
      await introduce(peopleIn(line));
      const isOther = 'user' in scope && line.type === 'message' && line.folded.message.author !== scope.user.id;
      const given = isOther ? [...givenReactions(line, scope.user.id), ...givenActs(line, scope.user.id)] : undefined;
      for (const record of given ?? [lineRecord(line)]) await write(record);
      if (isOther || line.type !== 'message') continue;
      const files = tally.message(line.folded);
      if (folder) tally.missing.push(...(await copyFiles(core, folder, files)));
    }
  }
  await write({ type: 'end', messages: tally.messages });
  return tally;
}
