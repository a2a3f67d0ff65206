import { z } from 'zod';
import { type Archive, damaged, parseJson, readLines, safePath } from '../archive/archive.ts';
import type { Collector, Source, SourceFile } from '../source.ts';

const RECORDS = 'export.jsonl';

const heading = z.object({ type: z.literal('export'), format: z.literal('parley-export'), version: z.literal(1) });
const person = z.object({
  ...{ type: z.literal('person'), id: z.string(), name: z.string(), bot: z.boolean().default(false) },
  display_name: z.string().optional(),
});
const group = z.object({
  ...{ type: z.literal('group'), id: z.string(), kind: z.enum(['group', 'direct']), name: z.string(), topic: z.string() },
  ...{ open: z.boolean(), archived: z.boolean() },
  members: z.array(z.object({ id: z.string(), role: z.enum(['member', 'moderator']) })),
});
const format = z.enum(['text', 'markdown', 'model']);
const text = z.object({ at: z.string(), body: z.string(), format });
const file = z.object({ name: z.string(), path: z.string() });
const message = z.object({
  ...{ type: z.literal('message'), group: z.string(), seq: z.number(), at: z.string(), author: z.string(), as: z.string().optional() },
  reply_to: z.number().optional(),
  ...{ body: z.string(), format, mentions: z.array(z.string()).default([]), files: z.array(file).default([]) },
  versions: z.array(text).default([]),
  pinned: z.object({ by: z.string(), at: z.string() }).optional(),
  reactions: z.array(z.object({ emoji: z.string(), by: z.array(z.object({ id: z.string(), at: z.string() })) })).default([]),
});

/** The file of records in an export; undefined if this is none. */
export const recordsIn = ({ files }: Archive): string | undefined =>
  files.has(RECORDS)
    ? RECORDS
    : ([...files.keys()].find((path) => path.endsWith(`/${RECORDS}`)) ??
      [...files.keys()].find((path) => files.size === 1 && path.endsWith('.jsonl')));

/** Whether a line is the first of an export. */
export const isHeading = (line: string): boolean => line.startsWith('{"type":"export"') && line.includes('"parley-export"');

/** Parley's own export (docs/export.md). */
export function openParley(archive: Archive, records: string): Source {
  const base = records.includes('/') ? records.slice(0, records.lastIndexOf('/') + 1) : '';
  return {
    format: 'parley',
    origin: 'parley',
    read: (into) => read(archive, records, into, ({ name, path }) => ({ name, path: present(archive, base, path) })),
    open: (path) => archive.read(path),
  };
}

type FileOf = (given: z.infer<typeof file>) => SourceFile;

/** The path in the archive of a file that the records name. */
function present({ files }: Archive, base: string, given: string): string | undefined {
  const path = safePath(given);
  return path !== undefined && files.has(base + path) ? base + path : undefined;
}

async function read(archive: Archive, records: string, into: Collector, fileOf: FileOf): Promise<void> {
  let [number, isEnded] = [0, false];
  for await (const line of readLines(archive, records)) {
    number += 1;
    const where = `Line ${number} of ${records}`;
    const value = parseJson(line, where);
    if (number === 1 && !heading.safeParse(value).success) throw damaged(`${records} is not an export of Parley that this version reads.`);
    try {
      isEnded = take(value, into, fileOf) === 'end';
    } catch (error) {
      if (error instanceof z.ZodError)
        throw damaged(`${where} is not as an export has it: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`);
      throw error;
    }
  }
  if (!isEnded) throw damaged(`${records} was cut off: it has no end.`);
}

function take(value: unknown, into: Collector, fileOf: FileOf): string {
  const { type, kind, erased } = z.object({ type: z.string(), kind: z.string().optional(), erased: z.boolean().optional() }).parse(value);
  if (type === 'person') takePerson(person.parse(value), into);
  else if (type === 'group') takeGroup(group.parse(value), into);
  else if (type === 'message' && erased) into.leftOut('erased messages');
  else if (type === 'message') takeMessage(message.parse(value), into, fileOf);
  else if (type === 'line') into.leftOut(`system messages (${kind})`);
  else if (type === 'reaction') into.leftOut('reactions to messages that are not in the export');
  else if (type === 'act') into.leftOut('uses of actions of messages that are not in the export');
  return type;
}

const takePerson = ({ id, name, bot, display_name }: z.infer<typeof person>, into: Collector): void =>
  into.person({ id, name, bot, shownName: display_name });

function takeGroup({ id, kind, name, topic, open, archived, members }: z.infer<typeof group>, into: Collector): void {
  const moderators = members.filter(({ role }) => role === 'moderator').map((one) => one.id);
  into.channel({
    ...{ id, name, topic, archived, moderators },
    kind: kind === 'direct' ? 'direct' : open ? 'open' : 'closed',
    members: members.map((one) => one.id),
  });
}

function takeMessage(given: z.infer<typeof message>, into: Collector, fileOf: FileOf): void {
  const [first = { body: given.body, format: given.format }, ...later] = given.versions;
  into.message({
    ...{ id: String(given.seq), channel: given.group, at: Date.parse(given.at), author: given.author, as: given.as },
    replyTo: given.reply_to === undefined ? undefined : String(given.reply_to),
    ...{ text: first.body, format: first.format, mentions: given.mentions, files: given.files.map(fileOf) },
    edits: later.map(({ at, body, format: how }) => ({ at: Date.parse(at), text: body, format: how })),
    reactions: given.reactions.flatMap(({ emoji, by }) => by.map(({ id, at }) => ({ emoji, by: id, at: Date.parse(at) }))),
    pinned: given.pinned && { by: given.pinned.by, at: Date.parse(given.pinned.at) },
  });
}
