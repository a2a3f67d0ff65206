import type { Core } from '../core.ts';
import type { FileId } from '../ids.ts';
import { findMessage } from './operations.ts';
import type { FileRecord } from './port.ts';

/** Minimum age of a file without a message before it is removed, by the clock of the sweeping process. */
export const LOOSE_MS = 3_600_000;
/** The process must also have seen it unchanged for this long: more than an upload (1,800,000 ms) and its post may take. */
const UNCHANGED_MS = 2_100_000;
const MAX_AT_ONCE = 1000;

type Sighting = Pick<FileRecord, 'touchedAt' | 'key'> & { readonly at: number };

type Options = {
  readonly unchangedMs?: number;
  /** Monotonic clock in ms. */
  readonly elapsed?: () => number;
};

/**
 * Removes files that no message has. May run in any process, in several concurrently, and after a crash. Clocks of servers may differ by more than
 * an hour: a file whose message is being posted is not removed, because each attempt to post changes its record.
 */
export class FileSweep {
  readonly #core: Core;
  readonly #unchangedMs: number;
  readonly #elapsed: () => number;
  #seen = new Map<FileId, Sighting>();

  constructor(core: Core, { unchangedMs = UNCHANGED_MS, elapsed = () => performance.now() }: Options = {}) {
    this.#core = core;
    this.#unchangedMs = unchangedMs;
    this.#elapsed = elapsed;
  }

  /** Resolves to the number of removed files. Errors: StoreUnavailable. */
  async run(): Promise<number> {
    const loose = await this.#core.store.files.listUnattached(this.#core.now() - LOOSE_MS, MAX_AT_ONCE);
    const before = this.#seen;
    this.#seen = new Map(loose.map((record) => [record.id, this.#sighting(record, before.get(record.id))]));
    let removed = 0;
    for (const record of loose) removed += (await this.#sweepOne(record)) ? 1 : 0;
    return removed;
  }

  #sighting({ touchedAt, key }: FileRecord, before: Sighting | undefined): Sighting {
    return before?.touchedAt === touchedAt && before.key === key ? before : { touchedAt, key, at: this.#elapsed() };
  }

  async #sweepOne(record: FileRecord): Promise<boolean> {
    const seenAt = this.#seen.get(record.id)?.at ?? this.#elapsed();
    if (record.state !== 'doomed') {
      if (this.#elapsed() - seenAt < this.#unchangedMs) return false;
      if ((await findMessage(this.#core, record)) !== undefined) return false;
      if (!(await this.#core.store.files.claimForRemoval(record))) return false;
    }
    await this.#core.store.files.remove(record.id);
    return true;
  }
}
