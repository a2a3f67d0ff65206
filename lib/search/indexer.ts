import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Core, Indexer } from '../core.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import type { GroupId } from '../ids.ts';
import { contiguous } from '../log/history.ts';
import type { Store } from '../store/port.ts';
import { changedBy } from './changes.ts';
import { TERMS_VERSION } from './terms.ts';

/** Entries indexed in one write: on SQLite the event loop stands still for so many, some milliseconds. */
const AT_ONCE = 100;
/** What a search waits for at most: what was just written is found at once, and a long backlog does not hold it up. */
const [MAX_BEFORE_SEARCH, MAX_BEFORE_SEARCH_MS] = [2000, 1000];
/** After a write, so that what follows it is indexed together with it. */
const GATHER_MS = 500;
/** How often all groups are looked at: after an upgrade, and for what another process wrote and did not live to index. */
const LOOK_AROUND_MS = 600_000;
const GROUPS_AT_ONCE = 100;
const AFTER_FAILURE_MS = 5000;
/** It rests so many times as long as it worked: hardly ever in the way where something is written or much is done, and not for long elsewhere. */
const [RESTS_WHEN_BUSY, RESTS_WHEN_IDLE, BUSY] = [49, 3, 0.6];
const MAX_REMEMBERED = 100_000;

type Dependencies = Pick<Core, 'store' | 'logger'>;

/**
 * Follows the logs and keeps the index behind them, from the position that is stored with it; posting knows nothing of it. Whatever is done twice,
 * by a process that starts again or by several at once, comes to the same.
 */
export class LogIndexer implements Indexer {
  readonly #store: Store;
  readonly #log: Dependencies['logger'];
  /** Groups that were written to since they were last at their end. */
  readonly #noted = new Set<GroupId>();
  /** How far logs are indexed, at least. */
  readonly #reached = new LRUCache<GroupId, number>({ max: MAX_REMEMBERED });
  readonly #steps = new Map<GroupId, Promise<number>>();
  /** How often something was written. */
  #writes = 0;
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #wake: () => void = () => {};

  constructor({ store, logger }: Dependencies) {
    this.#store = store;
    this.#log = logger;
  }

  note(group: GroupId): void {
    if (this.#noted.size >= MAX_REMEMBERED) this.#noted.clear(); // the next look around finds them
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
        if (taken === 0 && !this.#noted.has(group.id)) break; // its head cannot be read yet
      }
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #lagging<G extends Pick<Group, 'id' | 'head'>>(groups: readonly G[]): Promise<G[]> {
    await this.#askPositions(groups.filter((group) => this.#isBehind(group)).map(({ id }) => id));
    return groups.filter((group) => this.#isBehind(group));
  }

  /** As far as is known. Of what was noted even a step under way may not have seen all. */
  #isBehind({ id, head }: Pick<Group, 'id' | 'head'>): boolean {
    return this.#noted.has(id) || head.seq > (this.#reached.get(id) ?? 0);
  }

  /** Others may have indexed more than this process remembers. */
  async #askPositions(groups: readonly GroupId[]): Promise<void> {
    if (groups.length === 0) return;
    for (const [id, seq] of await this.#store.search.positions(groups, TERMS_VERSION)) this.#remember(id, seq);
  }

  #remember(group: GroupId, seq: number): void {
    this.#reached.set(group, Math.max(seq, this.#reached.get(group) ?? 0));
  }

  /** Indexes the next entries of a log; resolves to how many there were. Those who ask while it does so share it. */
  #step(group: GroupId): Promise<number> {
    const known = this.#steps.get(group);
    if (known) return known;
    const step = this.#stepOn(group).finally(() => this.#steps.delete(group));
    this.#steps.set(group, step);
    return step;
  }

  async #stepOn(group: GroupId): Promise<number> {
    this.#noted.delete(group);
    try {
      const taken = await this.#indexNext(group);
      if (taken === AT_ONCE) this.#noted.add(group);
      return taken;
    } catch (error) {
      this.#noted.add(group);
      throw error;
    }
  }

  async #indexNext(group: GroupId): Promise<number> {
    const { log, search } = this.#store;
    await this.#askPositions([group]);
    const position = this.#reached.get(group) ?? 0;
    const entries = contiguous(await log.range(group, position + 1, position + AT_ONCE), position);
    if (entries.length === 0) return 0;
    const upto = position + entries.length;
    await search.put(group, await changedBy(log, group, entries), { upto, version: TERMS_VERSION });
    this.#remember(group, upto);
    return entries.length;
  }

  async #run(): Promise<void> {
    let lookAt = 0;
    while (!this.#stop.signal.aborted)
      try {
        if (performance.now() >= lookAt) {
          lookAt = performance.now() + LOOK_AROUND_MS;
          await this.#lookAround();
        }
        await this.#workOff();
        await this.#call(lookAt - performance.now());
        await this.#pause(GATHER_MS);
      } catch (error) {
        if (error instanceof StoreUnavailable) this.#log.debug({ err: error }, 'the search index waits for the store');
        else this.#log.error({ err: error }, 'indexing for search failed; it will try again');
        await this.#pause(AFTER_FAILURE_MS);
      }
  }

  /** Notes every group whose index is behind. By the true end of its log: a hint may have been lost with its process. */
  async #lookAround(): Promise<void> {
    const rest = restsAfterWork(() => this.#writes);
    for (let afterNumber = 0; !this.#stop.signal.aborted; ) {
      const groups = await this.#store.groups.list({ limit: GROUPS_AT_ONCE, afterNumber });
      const heads = await this.#store.log.heads(groups.map(({ id }) => id));
      const ended = [...heads].map(([id, head]) => ({ id, head }));
      for (const { id } of await this.#lagging(ended)) this.#noted.add(id);
      const last = groups.at(-1);
      if (!last || groups.length < GROUPS_AT_ONCE) return;
      afterNumber = last.number;
      await this.#pause(rest());
    }
  }

  /** Until every noted log is at its end, in turns. What is noted meanwhile waits for more, to be indexed together. */
  async #workOff(): Promise<void> {
    const rest = restsAfterWork(() => this.#writes);
    for (let groups = [...this.#noted]; groups.length > 0; ) {
      const unfinished: GroupId[] = [];
      for (const group of groups) {
        if (this.#stop.signal.aborted) return;
        if ((await this.#step(group)) === AT_ONCE) unfinished.push(group);
        await this.#pause(rest());
      }
      groups = unfinished;
    }
  }

  /** Until something is noted, or so long. */
  async #call(ms: number): Promise<void> {
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

/** How long to rest now (ms), by how long the work took since the last rest, how busy the process was, and whether anybody wrote meanwhile. */
function restsAfterWork(writes: () => number): () => number {
  let since = performance.now();
  let before = performance.eventLoopUtilization();
  let written = writes();
  return () => {
    const [now, load] = [performance.now(), performance.eventLoopUtilization(before).utilization];
    const workedMs = Math.max(0, now - since); // a timer may end a moment too soon
    const ms = workedMs * (load > BUSY || writes() > written ? RESTS_WHEN_BUSY : RESTS_WHEN_IDLE);
    since = now + ms;
    before = performance.eventLoopUtilization();
    written = writes();
    return ms;
  };
}
