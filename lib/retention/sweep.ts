import type { Core } from '../core.ts';
import { everyGroup } from '../groups/every-group.ts';
import type { Group } from '../groups/port.ts';
import { SERVER } from '../security/event.ts';
import { ClockWatch } from './clock-watch.ts';
import { eraseOne } from './erase-one.ts';
import { DAY_MS, daysFor, isHeld } from './rules.ts';

const EVERY_MS = 600_000;
const MESSAGES_AT_ONCE = 100;
/** Content without a record is removed when it is so old: longer than an upload takes, on any clock. */
const ORPHAN_MS = 2 * DAY_MS;

export type RetentionOptions = {
  readonly everyMs?: number;
  /** Monotonic clock in ms. */
  readonly elapsed?: () => number;
};

/**
 * Erases the messages that are older than their group keeps them, and content of files without a record. May run in any process, in several at once, and
 * again after a crash: what it erases is in the log, once.
 */
export class RetentionSweep {
  readonly #core: Core;
  readonly #everyMs: number;
  readonly #elapsed: () => number;
  readonly #clock: ClockWatch;
  #ranAt = Number.NEGATIVE_INFINITY;

  constructor(core: Core, { everyMs = EVERY_MS, elapsed = () => performance.now() }: RetentionOptions = {}) {
    this.#core = core;
    this.#everyMs = everyMs;
    this.#elapsed = elapsed;
    this.#clock = new ClockWatch(core, elapsed);
  }

  /** Resolves to the number of erased messages. Errors: StoreUnavailable, `unavailable`. */
  async run(): Promise<number> {
    const isTrusted = await this.#clock.isTrusted();
    if (!isTrusted || this.#elapsed() - this.#ranAt < this.#everyMs) return 0;
    this.#ranAt = this.#elapsed();
    let erased = 0;
    for await (const group of everyGroup(this.#core.store)) erased += await sweepGroup(this.#core, group);
    await removeOrphans(this.#core);
    return erased;
  }
}

/** Follows the numbers of the messages; how far it came is in a setting, since erased messages stay in the log as empty entries. */
async function sweepGroup(core: Core, group: Group): Promise<number> {
  const days = daysFor(group, core.config);
  if (days === 0 || isHeld(group, core.config)) return 0;
  const [before, key] = [core.now() - days * DAY_MS, `retention:${group.id}`];
  let done = Number((await core.store.settings.get(key)) ?? 0);
  let erased = 0;
  for (;;) {
    const messages = await core.store.log.messages(group.id, done + 1, done + MESSAGES_AT_ONCE);
    const old = messages.filter(({ at }) => at < before);
    const outcomes = await Promise.all(old.map(({ seq }) => eraseOne(core, group.id, seq, SERVER)));
    erased += outcomes.filter((outcome) => outcome === 'erased').length;
    const last = old.at(-1);
    if (last === undefined || outcomes.includes('held')) return erased;
    done = last.n;
    await core.store.settings.put(key, String(done));
    if (old.length < MESSAGES_AT_ONCE) return erased;
  }
}

async function removeOrphans({ store, now, logger }: Core): Promise<void> {
  const orphans = await store.files.listOrphans(now() - ORPHAN_MS, MESSAGES_AT_ONCE);
  for (const id of orphans) await store.files.remove(id);
  if (orphans.length > 0) logger.info({ files: orphans.length }, 'content of files without a record was removed');
}
