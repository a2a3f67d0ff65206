import type { GroupId } from '../../lib/ids.ts';
import { type Entry, headAfter } from '../../lib/log/entry.ts';
import type { Appended } from '../../lib/log/port.ts';
import type { Disk, Weathered } from './disk.ts';
import type { Line } from './line.ts';
import { entryAt, isTaken, lastOf, moveHint, putEntry } from './state.ts';

/** Delay between an append and the write of the head hint, ms. */
const HINT_MS = 50;

/** The append of one process: an ordered insert of several records that may stop after any of them. */
export class Inserting {
  readonly #world: Weathered;
  readonly #hints: Disk;
  /** The heads of the logs that this process knows. */
  readonly #known = new Map<GroupId, number>();

  /** `hints`: the disk that stores the head hints. */
  constructor(world: Weathered, hints: Disk) {
    this.#world = world;
    this.#hints = hints;
  }

  learn(group: GroupId, seq: number): void {
    this.#known.set(group, Math.max(seq, this.#known.get(group) ?? 0));
  }

  /** Errors: StoreUnavailable when the result is unknown. */
  async append(line: Line, group: GroupId, entries: readonly Entry[]): Promise<Appended> {
    await line.travel(`append ${range(entries)} →`);
    const isCut = line.chance('cut', this.#world.weather.cutAppends);
    const work = this.#work(line, group, entries, isCut && line.chance('late', 60));
    if (isCut) throw await this.#cut(line, work);
    const appended = await work;
    await line.travel(`append ${range(entries)} ←`);
    return appended;
  }

  /** The response is lost at some time; the request continues. */
  async #cut(line: Line, work: Promise<unknown>): Promise<Error> {
    work.catch(() => {});
    const steps = this.#world.tape.pick('cut after', 8);
    for (let step = 0; step < steps; step += 1) await this.#world.step('waiting for an answer');
    return line.lost('append');
  }

  async #work(line: Line, group: GroupId, entries: readonly Entry[], isLate: boolean): Promise<Appended> {
    if (!(await this.#follows(line, group, entries))) return { written: 0, stopped: 'conflict' };
    if (isLate) await line.delay();
    const { disk } = line;
    const appended = disk.kind === 'file' ? insertAtOnce(disk, group, entries) : await this.#insertEach(line, entries);
    const last = entries[appended.written - 1];
    if (last) this.#tell(line, last);
    return appended;
  }

  async #follows({ disk }: Line, group: GroupId, entries: readonly Entry[]): Promise<boolean> {
    const before = (entries[0]?.seq ?? 0) - 1;
    if (entries.some((entry, index) => entry.group !== group || entry.seq !== before + 1 + index)) return false;
    if (before <= (this.#known.get(group) ?? 0)) return true;
    await this.#world.step('does it follow?');
    return entryAt(disk.committed, group, before) !== undefined;
  }

  /** The driver retries a write once after a failover; records of the first attempt that persist are not inserted again. */
  async #insertEach(line: Line, entries: readonly Entry[]): Promise<Appended> {
    const first = await this.#insertInTerm(line, entries, []);
    if (first) return first;
    if (!line.chance('retried write', 50)) throw await line.lost('append');
    await line.disk.back();
    const second = await this.#insertInTerm(line, entries, entries);
    if (!second) throw await line.lost('append');
    return second;
  }

  /** `tried`: records of these that exist were written by this write. Undefined when the primary went down meanwhile. */
  async #insertInTerm({ disk }: Line, entries: readonly Entry[], tried: readonly Entry[]): Promise<Appended | undefined> {
    const { term } = disk;
    for (const [written, entry] of entries.entries()) {
      await this.#world.step(`insert ${entry.seq} (${entry.uid.slice(0, 4)})`);
      if (disk.term !== term || disk.isAway) return undefined;
      if (tried.includes(entry) && entryAt(disk.primary, entry.group, entry.seq) === entry) continue;
      if (isTaken(disk.primary, entry)) return (await disk.whenCommitted()) ? { written, stopped: 'conflict' } : undefined;
      this.#lookForHole(disk, entry);
      void disk.write(putEntry(entry));
    }
    return (await disk.whenCommitted()) ? { written: entries.length } : undefined;
  }

  #lookForHole(disk: Disk, { group, seq }: Entry): void {
    if (seq > 1 && !entryAt(disk.primary, group, seq - 1)) this.#world.violations.push(`${seq} was written without ${seq - 1}`);
  }

  #tell(line: Line, last: Entry): void {
    this.learn(last.group, last.seq);
    if (line.disk.kind === 'file' || line.chance('hint', this.#world.weather.lostHints)) return;
    void this.#world.time.after(HINT_MS).then(() => this.#hints.isAway || this.#hints.write(moveHint(last.group, headAfter(last))));
  }
}

function insertAtOnce(disk: Disk, group: GroupId, entries: readonly Entry[]): Appended {
  let seq = lastOf(disk.primary, group)?.seq ?? 0;
  for (const [written, entry] of entries.entries()) {
    seq += 1;
    if (entry.seq !== seq || isTaken(disk.primary, entry)) return { written, stopped: 'conflict' };
    void disk.write(putEntry(entry));
  }
  return { written: entries.length };
}

const range = (entries: readonly Entry[]): string => `${entries[0]?.seq}–${entries.at(-1)?.seq}`;
