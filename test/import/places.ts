import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { openSource } from '../../lib/import/open.ts';
import type { Collector, FormatName, SourceChannel, SourceMessage, SourcePerson } from '../../lib/import/source.ts';
import { folderFor } from '../helpers/folder.ts';

/** The path of a sample under fixtures/import. */
export const sample = (name: string): string => fileURLToPath(new URL(`../../fixtures/import/${name}`, import.meta.url));

/** What a reader finds. */
export type Found = {
  readonly format: FormatName;
  readonly people: SourcePerson[];
  readonly channels: SourceChannel[];
  readonly messages: SourceMessage[];
  /** Counts by reason. */
  readonly leftOut: Record<string, number>;
  /** The content of files by name; null: not in the source. */
  readonly contents: Record<string, string | null>;
};

/** Reads a whole source. Messages are in order of time. */
export async function readAll(path: string, options: { readonly from?: FormatName; readonly timeZone?: string } = {}): Promise<Found> {
  const { source, close } = await openSource(path, { timeZone: 'UTC', ...options });
  const found: Found = { format: source.format, people: [], channels: [], messages: [], leftOut: {}, contents: {} };
  const into: Collector = {
    person: (person) => void found.people.push(person),
    channel: (channel) => void found.channels.push(channel),
    message: (message) => void found.messages.push(message),
    leftOut: (what) => {
      found.leftOut[what] = (found.leftOut[what] ?? 0) + 1;
    },
  };
  try {
    await source.read(into);
    for (const file of found.messages.flatMap(({ files = [] }) => files))
      found.contents[file.name] = file.path === undefined ? null : await textOf(await source.open(file.path));
  } finally {
    await close();
  }
  found.messages.sort((a, b) => a.at - b.at);
  return found;
}

async function textOf(content: AsyncIterable<Uint8Array> | undefined): Promise<string | null> {
  if (!content) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

type Member = { readonly name: string; readonly content: Buffer; readonly claims?: number };

/** A zip file of these members. `claims`: an uncompressed size that is not that of the content. */
export function zipOf(members: readonly Member[]): Buffer {
  const [parts, index]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const { name, content, claims = content.length } of members) {
    const packed = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    for (const [value, at] of [
      [20, 0],
      [0x800, 2],
      [8, 4],
      [0, 6],
      [0x5821, 8],
    ] as const)
      fields.writeUInt16LE(value, at);
    for (const [value, at] of [
      [crc32(content), 10],
      [packed.length, 14],
      [claims, 18],
    ] as const)
      fields.writeUInt32LE(value, at);
    const path = Buffer.from(name);
    fields.writeUInt16LE(path.length, 22);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(offset, 10);
    index.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, end, path);
    const local = [Buffer.from('PK\x03\x04', 'latin1'), fields, path, packed];
    parts.push(...local);
    offset += local.reduce((sum, one) => sum + one.length, 0);
  }
  const directory = Buffer.concat(index);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  for (const at of [8, 10]) end.writeUInt16LE(members.length, at);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** A zip file of everything in a folder of samples. */
export async function zipped(t: Pick<ExecutionContext, 'teardown'>, name: string): Promise<string> {
  const files = readdirSync(sample(name), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const members = files.map((one) => {
    const path = join(one.parentPath, one.name);
    return { name: path.slice(sample(name).length + 1), content: readFileSync(path) };
  });
  const path = join(await folderFor(t), `${name}.zip`);
  await writeFile(path, zipOf(members));
  return path;
}
