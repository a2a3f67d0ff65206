import { createHash } from 'node:crypto';
import { invalid } from '../errors.ts';
import type { FileRecord } from '../files/port.ts';
import type { FileId, GroupId } from '../ids.ts';
import { EMPTY_HEAD, type Entry, type Head } from '../log/entry.ts';
import { contentOf, linesOf, type ReadMember, type ReadOptions, readArchive } from './archive.ts';
import { contentName, FORMAT, type Heading, kindOf, type Manifest, type Member } from './format.ts';
import { COLLECTIONS } from './port.ts';

/** `manifest`: absent when the archive ends before it. `problems`: what is wrong, one sentence each; empty when all is well. */
export type Verified = { readonly manifest?: Manifest; readonly problems: readonly string[] };

const MAX_PROBLEMS = 20;

/**
 * Reads a whole archive: the hash and the size of every member, every record and entry as JSON, the chain of every log (seq, message number and time without a
 * gap from the base on), the counts, and the content of every file against the hash of its record. Resolves to what is wrong. Rejects with `invalid`
 * when the file is no backup or one of a newer version.
 */
export async function verifyBackup(path: string, options: ReadOptions = {}): Promise<Verified> {
  const reading = new Reading();
  try {
    for await (const member of readArchive(path, options)) await reading.take(member);
  } catch (error) {
    if (!reading.isBackup) throw isReadable(error) ? invalid('file', `${path} is not a backup of Parley.`) : error;
    if (!isReadable(error)) throw error;
    reading.note(`The archive cannot be read to its end: ${(error as Error).message}`);
  }
  if (!reading.isBackup) throw invalid('file', `${path} is not a backup of Parley.`);
  return reading.end();
}

/** An error of the reader about the content, and none of the file system. */
const isReadable = (error: unknown): boolean => error instanceof Error && !('syscall' in error) && error.name !== 'DomainError';

class Reading {
  isBackup = false;
  private heading: Heading | undefined;
  private manifest: Manifest | undefined;
  private readonly members = new Map<string, Member>();
  private readonly found: string[] = [];
  private readonly firsts = new Map<GroupId, { readonly first: number; readonly n: number }>();
  private readonly heads = new Map<GroupId, Head>();
  private readonly counts: Record<string, number> = {};
  private readonly files = new Map<FileId, FileRecord>();

  note(problem: string): void {
    this.found.push(problem);
  }

  async take(member: ReadMember): Promise<void> {
    const kind = kindOf(member.name);
    if (!this.isBackup && kind?.kind !== 'heading') throw new Error('no heading');
    if (!kind) return this.note(`${member.name}: unknown member.`);
    if (kind.kind === 'content') return this.takeContent(member, kind.file, kind.part);
    const content = await contentOf(member);
    if (kind.kind !== 'manifest') this.members.set(member.name, { name: member.name, bytes: content.length, sha256: sha256(content) });
    const values = this.valuesOf(member.name, content, kind.kind);
    if (!values) return;
    if (kind.kind === 'heading') this.takeHeading(values[0] as Heading);
    else if (kind.kind === 'manifest') this.manifest = values[0] as Manifest;
    else if (kind.kind === 'records') this.takeRecords(kind.collection, values);
    else if (kind.kind === 'entries') for (const entry of values as Entry[]) this.takeEntry(kind.group, entry);
    else this.count('changed', values.length);
  }

  private valuesOf(name: string, content: Buffer, kind: string): unknown[] | undefined {
    try {
      return kind === 'heading' || kind === 'manifest' ? [JSON.parse(content.toString('utf8'))] : linesOf(content);
    } catch (error) {
      if (kind === 'heading') throw error;
      this.note(`${name}: not JSON.`);
      return undefined;
    }
  }

  private takeHeading(heading: Heading): void {
    if (heading.format !== FORMAT.format) throw new Error('another format');
    if (heading.version > FORMAT.version)
      throw invalid('file', `The backup has format version ${heading.version}; this Parley reads up to ${FORMAT.version}: update it.`);
    this.isBackup = true;
    this.heading = heading;
  }

  private takeRecords(collection: string, values: readonly unknown[]): void {
    this.count(collection, values.length);
    if (collection === 'files') for (const file of values as FileRecord[]) this.files.set(file.id, file);
  }

  private takeEntry(group: GroupId, entry: Entry): void {
    const before = this.heads.get(group);
    const n = entry.n - (entry.kind === 'message' ? 1 : 0);
    if (!before) this.firsts.set(group, { first: entry.seq, n });
    else if (entry.seq !== before.seq + 1 || n !== before.n || entry.at < before.at)
      this.note(`entries/${group}: entry ${entry.seq} does not follow entry ${before.seq}.`);
    if (entry.group !== group) this.note(`entries/${group}: entry ${entry.seq} belongs to another group.`);
    this.heads.set(group, { seq: entry.seq, n: entry.n, at: entry.at });
    this.count('entries', 1);
  }

  private async takeContent({ name, content }: ReadMember, file: FileId, part: 'whole' | 'thumb'): Promise<void> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of content) {
      hash.update(piece);
      bytes += piece.length;
    }
    const digest = hash.digest('hex');
    this.members.set(name, { name, bytes, sha256: digest });
    if (part === 'thumb') return;
    this.count('contents', 1);
    const record = this.files.get(file);
    this.contents.set(file, record?.sha256 === digest);
  }
  private readonly contents = new Map<FileId, boolean>();

  private count(name: string, by: number): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  end(): Verified {
    if (!this.manifest)
      return { problems: [...this.shown(), 'The archive ends before its manifest: it was cut off, or its end is damaged.'] };
    this.compareMembers(this.manifest);
    this.compareCounts(this.manifest);
    this.compareHeads(this.manifest);
    this.compareContents(this.manifest);
    if (this.heading?.id !== this.manifest.id) this.note('The manifest belongs to another backup.');
    return { manifest: this.manifest, problems: this.shown() };
  }

  private shown(): string[] {
    const more = this.found.length - MAX_PROBLEMS;
    return more > 0 ? [...this.found.slice(0, MAX_PROBLEMS), `And ${more} more.`] : this.found;
  }

  private compareMembers({ members }: Manifest): void {
    const listed = new Set(members.map(({ name }) => name));
    for (const { name, bytes, sha256: hash } of members) {
      const member = this.members.get(name);
      if (!member) this.note(`${name}: missing.`);
      else if (member.bytes !== bytes || member.sha256 !== hash) this.note(`${name}: damaged (SHA-256 differs).`);
    }
    for (const name of this.members.keys()) if (!listed.has(name)) this.note(`${name}: not in the manifest.`);
  }

  private compareCounts({ counts, damaged }: Manifest): void {
    for (const name of [...COLLECTIONS, 'entries', 'changed'] as const) {
      const counted = this.counts[name] ?? 0;
      if (counted !== counts[name]) this.note(`${name}: ${counted} instead of ${counts[name]}.`);
    }
    const contents = [...this.contents.keys()].filter((file) => !damaged.some((one) => one.file === file)).length;
    if (contents !== counts.contents) this.note(`files: ${contents} contents instead of ${counts.contents}.`);
  }

  private compareHeads({ heads, since = {} }: Manifest): void {
    for (const [group, head] of Object.entries(heads) as [GroupId, Head][]) {
      const start = since[group] ?? EMPTY_HEAD;
      const first = this.firsts.get(group);
      const last = this.heads.get(group) ?? start;
      if (first && (first.first !== start.seq + 1 || first.n !== start.n))
        this.note(`entries/${group}: begins with entry ${first.first}, not ${start.seq + 1}.`);
      if (last.seq !== head.seq || last.n !== head.n) this.note(`entries/${group}: ends with entry ${last.seq}, not ${head.seq}.`);
    }
  }

  /** A file that was damaged when it was backed up is told by the backup, not here. */
  private compareContents({ damaged, inherited = [] }: Manifest): void {
    const excused = new Set([...damaged.map(({ file }) => file), ...inherited]);
    for (const { id, state } of this.files.values()) {
      if (state !== 'stored' || excused.has(id)) continue;
      if (this.contents.get(id) !== true) this.note(`${contentName(id, 'whole')}: not the content of its record.`);
    }
  }
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
