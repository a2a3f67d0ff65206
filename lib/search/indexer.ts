import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Core, Indexer } from '../core.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import type { GroupId } from '../ids.ts';
import { contiguous } from '../log/history.ts';
import type { Store } from '../store/port.ts';
import { changedBy } from './changes.ts';
import { TERMS_VERSION } from './port.ts';

/** Entries per write: on SQLite other writes wait for it for some milliseconds. */
const BATCH_SIZE = 100;
/** A search waits for at most this many entries (and ms) to be indexed: new messages are found at once, and a long backlog does not delay it. */
const [MAX_BEFORE_SEARCH, MAX_BEFORE_SEARCH_MS] = [2000, 1000];
/** Delay after a write, so that following writes are indexed together. */
const DELAY_AFTER_WRITE_MS = 500;
/** Interval at which all groups are checked: for an upgrade, and for entries of processes that crashed before indexing them. */
const SCAN_INTERVAL_MS = 600_000;
const GROUPS_BATCH_SIZE = 100;
const AFTER_FAILURE_MS = 5000;
/** Sleeps 49 times the work time while others write or the event loop is busy (utilization above 0.6), otherwise 3 times. */
const [SLEEP_FACTOR_BUSY, SLEEP_FACTOR_IDLE, BUSY] = [49, 3, 0.6];
const MAX_CACHED = 100_000;

type Dependencies = Pick<Core, 'store' | 'logger' | 'scheduler'>;

/**
 * Follows the logs and updates the index, from the position that is stored in the index; posting does not wait for it. Idempotent: a restarted
 * process, or several processes at once, may index the same entries again.
 */
export class LogIndexer implements Indexer {
  readonly #store: Store;
  readonly #scheduler: Dependencies['scheduler'];
  readonly #log: Dependencies['logger'];
  /** Groups with entries that may not be indexed. */
  readonly #noted = new Set<GroupId>();
  /** Per log, a seq up to which it is indexed (lower bound). */
  #reached: LRUCache<GroupId, number> | undefined;
  readonly #steps = new Map<GroupId, Promise<number>>();
  /** Number of writes reported by `note`. */
  #writes = 0;
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #wake: () => void = () => {};

  constructor({ store, logger, scheduler }: Dependencies) {
    this.#store = store;
    this.#scheduler = scheduler;
    this.#log = logger;
  }

  note(group: GroupId): void {
    if (this.#noted.size >= MAX_CACHED) this.#noted.clear(); // the next scan finds them
    this.#noted.add(group);
    this.#writes += 1;
    this.#wake();
  }

  async catchUp(groups: readonly Pick<Group, 'id' | 'head'>[]): Promise<void> {
    const until = performance.now() + MAX_BEFORE_SEARCH_MS;
    let left = MAX_BEFORE_SEARCH;
    const lagging = await this.#lagging(groups);
    for (const group of lagging.toSorted((a, b) => b.head.at - a.head.at))
      while (this.#isBehind(group)) {
        if (left <= 0 || performance.now() > until) return;
        const taken = await this.#step(group.id);
        left -= taken;
        if (taken === 0 && !this.#noted.has(group.id)) break; // its entries cannot be read yet
      }
  }

  async start(): Promise<void> {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #lagging<G extends Pick<Group, 'id' | 'head'>>(groups: readonly G[]): Promise<G[]> {
    await this.#readPositions(groups.filter((group) => this.#isBehind(group)).map(({ id }) => id));
    return groups.filter((group) => this.#isBehind(group));
  }

  /** Whether entries may be missing in the index. A noted group counts even while a step is running, which may not have read the last entries. */
  #isBehind({ id, head }: Pick<Group, 'id' | 'head'>): boolean {
    return this.#noted.has(id) || head.seq > (this.#reached?.get(id) ?? 0);
  }

  /** Other processes may have indexed more than this process has cached. */
  async #readPositions(groups: readonly GroupId[]): Promise<void> {
    if (groups.length === 0) return;
    for (const [id, seq] of await this.#store.search.positions(groups, TERMS_VERSION)) this.#cachePosition(id, seq);
  }

  #cachePosition(group: GroupId, seq: number): void {
    this.#reached ??= new LRUCache({ maxSize: MAX_CACHED, sizeCalculation: () => 1 }); // with `max` it would allocate 4 MB at once
    this.#reached.set(group, Math.max(seq, this.#reached?.get(group) ?? 0));
  }

  /** Indexes the next entries of a log; resolves to their number. Concurrent calls share one step. */
  #step(group: GroupId): Promise<number> {
    const known = this.#steps.get(group);
    if (known) return known;
    const step = this.#runStep(group).finally(() => this.#steps.delete(group));
    this.#steps.set(group, step);
    return step;
  }

  async #runStep(group: GroupId): Promise<number> {
    this.#noted.delete(group);
    try {
      const taken = await this.#indexNext(group);
      if (taken === BATCH_SIZE) this.#noted.add(group);
      return taken;
    } catch (error) {
      this.#noted.add(group);
      throw error;
    }
  }

  async #indexNext(group: GroupId): Promise<number> {
    const { log, search } = this.#store;
    await this.#readPositions([group]);
    const position = this.#reached?.get(group) ?? 0;
    const entries = contiguous(await log.range(group, position + 1, position + BATCH_SIZE), position);
    if (entries.length === 0) return 0;
    const upto = position + entries.length;
    await search.put(group, await changedBy({ store: this.#store, scheduler: this.#scheduler }, group, entries), {
      upto,
      version: TERMS_VERSION,
    });
    this.#cachePosition(group, upto);
    return entries.length;
  }

  async #run(): Promise<void> {
    let scanAt = 0;
    while (!this.#stop.signal.aborted)
      try {
        if (performance.now() >= scanAt) {
          scanAt = performance.now() + SCAN_INTERVAL_MS;
          await this.#scanGroups();
        }
        await this.#indexNoted();
        await this.#waitForNote(scanAt - performance.now());
        await this.#pause(DELAY_AFTER_WRITE_MS);
      } catch (error) {
        if (error instanceof StoreUnavailable) this.#log.debug({ err: error }, 'the search index waits for the store');
        else this.#log.error({ err: error }, 'search indexing failed; it is retried');
        await this.#pause(AFTER_FAILURE_MS);
      }
  }

  /** Notes every group whose index is behind. Compares with the actual head of its log: the head hint may be lost in a crash. */
  async #scanGroups(): Promise<void> {
    const sleepMs = sleepAfterWork(() => this.#writes);
    for (let afterNumber = 0; !this.#stop.signal.aborted; ) {
      const groups = await this.#store.groups.list({ limit: GROUPS_BATCH_SIZE, afterNumber });
      const heads = await this.#store.log.heads(groups.map(({ id }) => id));
      const ended = [...heads].map(([id, head]) => ({ id, head }));
      for (const { id } of await this.#lagging(ended)) this.#noted.add(id);
      const last = groups.at(-1);
      if (!last || groups.length < GROUPS_BATCH_SIZE) return;
      afterNumber = last.number;
      await this.#pause(sleepMs());
    }
  }

  /** Indexes all noted logs to their end, in turns. Groups that are noted meanwhile wait for the next run. */
  async #indexNoted(): Promise<void> {
    const sleepMs = sleepAfterWork(() => this.#writes);
    for (let groups = [...this.#noted]; groups.length > 0; ) {
      const unfinished: GroupId[] = [];
      for (const group of groups) {
        if (this.#stop.signal.aborted) return;
        if ((await this.#step(group)) === BATCH_SIZE) unfinished.push(group);
        await this.#pause(sleepMs());
      }
      groups = unfinished;
    }
  }

  /** Waits for a `note`, at most `ms`. */
  async #waitForNote(ms: number): Promise<void> {
    if (this.#noted.size > 0 || this.#stop.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, Math.max(0, ms)).unref();
    await promise;
    clearTimeout(timer);
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { ref: false, signal: this.#stop.signal }).catch(() => {}); // stopped
  }
}

/** Returns the sleep time (ms) after each piece of work, from its duration, the event loop utilization, and whether there were writes. */
function sleepAfterWork(writes: () => number): () => number {
  let since = performance.now();
  let before = performance.eventLoopUtilization();
  let written = writes();
  return () => {
    const [now, load] = [performance.now(), performance.eventLoopUtilization(before).utilization];
    const workedMs = Math.max(0, now - since); // a timer may fire early
    const ms = workedMs * (load > BUSY || writes() > written ? SLEEP_FACTOR_BUSY : SLEEP_FACTOR_IDLE);
    since = now + ms;
    before = performance.eventLoopUtilization();
    written = writes();
    return ms;
  };
}
