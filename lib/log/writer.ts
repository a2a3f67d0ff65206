import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import { NOTHING_WRITTEN, openBatchDelay } from '../batch-delay.ts';
import type { Bus } from '../bus/port.ts';
import { coalesce } from '../coalesce.ts';
import type { Core, WebhookCalls } from '../core.ts';
import { StoreUnavailable, unavailable } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import { runOutsideRequest } from '../request-scope.ts';
import { EMPTY_HEAD, type Entry, entryAfter, type Head, headAfter } from './entry.ts';
import { contiguous } from './history.ts';
import { isOpen, type Pending, rejectPending, succeed } from './pending.ts';

type Dependencies = Pick<Core, 'store' | 'now' | 'logger' | 'meters'> &
  Partial<Pick<Core, 'webhookCalls'>> & { readonly bus: Pick<Bus, 'publish'> };

const MAX_IN_BATCH = 256;
/** Delay between attempts: short after a conflict, since one of the competing processes always wins; growing while the store does not answer. */
const CONFLICT_BACKOFF = { firstMs: 4, maxMs: 4, jitter: 1 };
const UNAVAILABLE_BACKOFF = { firstMs: 1, maxMs: 100, jitter: 1 };
/** The last writer knows the head first and would always win: after TURN_MS it pauses so that other processes can write, longer when one has written recently. */
const [TURN_MS, REST_MS, CONTENDED_REST_MS, CONTENTION_MS] = [500, 15, 60, 10_000];
/** Size of the first read after a conflict: usually few entries are new, and a fast read makes the next conflict less likely. */
const FIRST_WINDOW = 20;
const WINDOW = 200;

/** Kinds of entries that can change access rights. */
const changesRights = (kind: Entry['kind']): boolean => kind === 'join' || kind === 'leave' || kind === 'archive';

/**
 * Writes the log of one group for this process. Each draft is written exactly once, without gaps:
 * - The store refuses a seq that exists, so the seq is the lock. Nothing is allocated beforehand.
 * - After a conflict or an unanswered attempt the writer reads the entries after its head. An entry with the uid (or the key) of a draft
 *   means that the draft is written. Otherwise its rules are checked again and the next seq is tried.
 * - Drafts keep their order over attempts, so an unanswered attempt that is written late is the same entry at the same seq, or conflicts.
 */
export class Writer {
  readonly #group: GroupId;
  readonly #dependencies: Dependencies;
  #queue: Pending[] = [];
  #head: Head | undefined;
  /** Last seq that may have changed access rights. */
  #rightsAt = 0;
  #restedAt = 0;
  #last = NOTHING_WRITTEN;
  readonly #batchDelay = openBatchDelay(() => this.#queue.length);
  /** Time of the last conflict with another process. */
  #conflictAt = Number.NEGATIVE_INFINITY;
  /** Undefined while idle; resolves when the queue is empty. */
  running: Promise<void> | undefined;

  constructor(group: GroupId, dependencies: Dependencies) {
    this.#group = group;
    this.#dependencies = dependencies;
  }

  push(pending: Pending): void {
    this.#queue.push(pending);
    this.#batchDelay.note();
    this.running ??= runOutsideRequest(() => this.#run()); // it also writes the drafts of other requests
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#rest();
      await coalesce(() => this.#queue.length);
      await this.#batchDelay.wait(this.#last);
      const batch = this.#takeBatch();
      await this.#write(batch);
      this.#noteWrite(batch.length);
    }
    this.running = undefined;
  }

  #noteWrite(written: number): void {
    const tookMs = this.#dependencies.store.commitMs?.() ?? 0;
    this.#last = { written, waiting: this.#queue.length, tookMs, endedAt: performance.now() };
  }

  async #rest(): Promise<void> {
    const now = performance.now();
    const restMs = now - this.#conflictAt < CONTENTION_MS ? CONTENDED_REST_MS : REST_MS;
    const hasRested = now - this.#last.endedAt > restMs;
    if (!hasRested && now - this.#restedAt < TURN_MS) return;
    if (!hasRested) await delay(restMs);
    this.#restedAt = performance.now();
  }

  /** The drafts whose rules can be checked together. Rules must see earlier changes, so a batch ends before a second follow-up of the same target and after a change of access rights. */
  #takeBatch(): Pending[] {
    this.#queue = this.#queue.filter(isOpen);
    const targets = new Set<number>();
    let size = 0;
    for (const { draft } of this.#queue) {
      if ('target' in draft) {
        if (targets.has(draft.target)) break;
        targets.add(draft.target);
      }
      size += 1;
      if (size === MAX_IN_BATCH || changesRights(draft.kind) || draft.kind === 'pin') break; // the rule of a pin counts the pins
    }
    return this.#queue.splice(0, size);
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    for (let attempt = 0, unanswered = 0; batch.some(isOpen); attempt += 1) {
      if (attempt > 0) await delay(backoffMs(unanswered > 0 ? UNAVAILABLE_BACKOFF : CONFLICT_BACKOFF, unanswered));
      const isAnswered = await this.#attempt(batch, attempt > 0).catch((error) => {
        if (!(error instanceof StoreUnavailable)) this.#dependencies.logger.error({ err: error, group: this.#group }, 'append failed');
      });
      unanswered = isAnswered ? 0 : unanswered + 1;
    }
  }

  /** One append of the drafts that are still open; resolves to whether the store answered. The head only advances, so that entries of an unanswered attempt are found. */
  async #attempt(batch: readonly Pending[], isRepeated: boolean): Promise<boolean> {
    if (!this.#head) await this.#skipToHead();
    if (isRepeated) await this.#findAlreadyWritten(batch);
    const wanted = await this.#decide(batch.filter(isOpen));
    if (wanted.length === 0) return true;
    const drafts = wanted.map(({ draft }) => draft);
    const called = await this.#dependencies.webhookCalls?.plan(this.#group, drafts, this.#head ?? EMPTY_HEAD); // planned here, because all entries of all entry points pass here
    const entries = this.#placeAll(wanted, called);
    const { written, stopped } = await this.#dependencies.store.log.append(this.#group, entries);
    this.#dependencies.meters.appended(entries.length, stopped);
    if (stopped === 'conflict') this.#conflictAt = performance.now();
    this.#complete(wanted, entries.slice(0, written));
    if (stopped === 'unknown') for (const pending of wanted.slice(written)) pending.isUncertain = true;
    return stopped !== 'unknown';
  }

  /** Checks the rules: resolves to the accepted drafts, rejects the others. */
  async #decide(batch: readonly Pending[]): Promise<Pending[]> {
    const seq = this.#head?.seq ?? 0;
    const decided = await Promise.allSettled(batch.map((pending) => this.#decideOne(pending, seq)));
    for (const one of decided) if (one.status === 'rejected') throw one.reason;
    return batch.filter(isOpen);
  }

  /** `seq`: the head before the rules are checked. Rejects only with StoreUnavailable. */
  async #decideOne(pending: Pending, seq: number): Promise<void> {
    const { draft, decide } = pending;
    const isDecided = !('target' in draft) && pending.decidedAt !== undefined && pending.decidedAt >= this.#rightsAt;
    try {
      if (decide && !isDecided) await decide();
      pending.decidedAt = seq;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      rejectPending(pending, pending.isUncertain ? unavailable() : error);
    }
  }

  #placeAll(wanted: readonly Pending[], called: Awaited<ReturnType<WebhookCalls['plan']>>): Entry[] {
    let last = this.#head ?? EMPTY_HEAD;
    return wanted.map(({ draft }, index) => {
      const entry = entryAfter(draft, this.#group, last, this.#dependencies.now(), called?.[index]);
      last = headAfter(entry);
      return entry;
    });
  }

  #complete(wanted: readonly Pending[], entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.#advance(entries);
    this.#dependencies.bus.publish({ type: 'entries', group: this.#group, entries });
    for (const [index, entry] of entries.entries()) succeed(wanted[index], entry);
    if (entries.some(({ pending }) => pending !== undefined)) this.#dependencies.webhookCalls?.notify();
  }

  #advance(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (changesRights(entry.kind)) this.#rightsAt = entry.seq;
      this.#head = headAfter(entry);
    }
  }

  /** Resolves the drafts whose key is in the log, then reads the entries after the head and resolves those whose uid is there. The head is then current. */
  async #findAlreadyWritten(batch: readonly Pending[]): Promise<void> {
    await Promise.all(batch.filter(isOpen).map((pending) => this.#findKey(pending)));
    const byUid = new Map(batch.map((pending) => [pending.draft.uid, pending]));
    let isMore = true;
    for (let size = FIRST_WINDOW; isMore; size = WINDOW) {
      const { seq } = this.#head ?? EMPTY_HEAD;
      const window = contiguous(await this.#dependencies.store.log.range(this.#group, seq + 1, seq + size), seq);
      this.#advance(window);
      for (const entry of window) succeed(byUid.get(entry.uid), entry);
      if (window.length > 0) this.#dependencies.bus.publish({ type: 'head', group: this.#group, seq: seq + window.length });
      isMore = window.length === size;
      if (size === WINDOW && isMore && !batch.some((pending) => pending.isUncertain)) await this.#skipToHead();
    }
  }

  /** Only when none of our own attempts can be after the cached head: skips the entries of others; rules are checked again. */
  async #skipToHead(): Promise<void> {
    this.#head = await this.#dependencies.store.log.head(this.#group);
    this.#rightsAt = this.#head.seq;
  }

  async #findKey(pending: Pending): Promise<void> {
    const { author, key } = pending.draft;
    const first = key === undefined ? undefined : await this.#dependencies.store.log.byKey(this.#group, author, key);
    if (first) this.#dependencies.bus.publish({ type: 'head', group: this.#group, seq: first.seq });
    succeed(pending, first);
  }
}
