import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import type { Bus } from '../bus/port.ts';
import { coalesce } from '../coalesce.ts';
import type { Core, Decide, WebhookCalls } from '../core.ts';
import { StoreUnavailable, unavailable } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import { within } from '../trace.ts';
import { type Draft, EMPTY_HEAD, type Entry, entryAfter, type Head, headAfter } from './entry.ts';
import { contiguous } from './history.ts';

export type Pending = {
  readonly draft: Draft;
  readonly decide: Decide | undefined;
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: unknown) => void;
  /** A seq up to which its rules are known to have seen everything; undefined: they were not asked yet. */
  decidedAt: number | undefined;
  /** An attempt got no answer: it may yet be written, so a refusal may not be promised. */
  isUncertain: boolean;
  /** Resolved, rejected or given up: not to be written again. */
  isSettled: boolean;
};

type Dependencies = Pick<Core, 'store' | 'now' | 'logger' | 'meters'> &
  Partial<Pick<Core, 'webhookCalls'>> & { readonly bus: Pick<Bus, 'publish'> };

const MAX_IN_BATCH = 256;
/** Between attempts: short after a conflict, since one of the competing processes always wins; longer with each attempt while the store is unavailable. */
const CONFLICT_BACKOFF = { firstMs: 4, maxMs: 4, jitter: 1 };
const UNAVAILABLE_BACKOFF = { firstMs: 1, maxMs: 100, jitter: 1 };
/** Who has just written knows the head first and would always win: after so long it rests, so that others get their turn; longer while there are some. */
const [TURN_MS, REST_MS, REST_FOR_RIVALS_MS, RIVALS_KNOWN_MS] = [500, 15, 60, 10_000];
/** Mostly little has come in between, and the sooner it is known, the likelier the next seq is still free. */
const FIRST_WINDOW = 20;
const WINDOW = 200;

/** Kinds after which another author may have other rights. */
const changesRights = (kind: Entry['kind']): boolean => kind === 'join' || kind === 'leave' || kind === 'archive';

/**
 * Writes one group's log for this process. What makes it exact:
 * - The store refuses a seq that is taken, so the seq *is* the lock; nothing is allocated beforehand and nothing can leave a hole.
 * - After a conflict or a lost answer the writer reads what came after its head. An entry with the uid (or the key) of a draft there
 *   means that draft is written. Otherwise its rules are decided again and the next seq is tried.
 * - Drafts keep their order over attempts, so that a lost attempt which lands late either is the very same entry at the very same seq, or conflicts.
 */
export class Writer {
  readonly #group: GroupId;
  readonly #parts: Dependencies;
  #queue: Pending[] = [];
  #head: Head | undefined;
  /** Last seq that may have changed somebody's rights. */
  #rightsAt = 0;
  #restedAt = 0;
  #wroteAt = 0;
  /** When another process was last found to have written. */
  #rivalAt = Number.NEGATIVE_INFINITY;
  /** Undefined while it has nothing to write; resolves when it has written all. */
  running: Promise<void> | undefined;

  constructor(group: GroupId, parts: Dependencies) {
    this.#group = group;
    this.#parts = parts;
  }

  push(pending: Pending): void {
    this.#queue.push(pending);
    this.running ??= within(undefined, () => this.#run()); // it goes on with what other requests push
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#rest();
      await coalesce(() => this.#queue.length);
      await this.#write(this.#takeBatch());
      this.#wroteAt = performance.now();
    }
    this.running = undefined;
  }

  async #rest(): Promise<void> {
    const now = performance.now();
    const restMs = now - this.#rivalAt < RIVALS_KNOWN_MS ? REST_FOR_RIVALS_MS : REST_MS;
    const hasRested = now - this.#wroteAt > restMs;
    if (!hasRested && now - this.#restedAt < TURN_MS) return;
    if (!hasRested) await delay(restMs);
    this.#restedAt = performance.now();
  }

  /** As many drafts as may be decided together: rules must see what they depend on, so a batch ends before a second follow-up of one target and after a change of rights. */
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
      if (size === MAX_IN_BATCH || changesRights(draft.kind) || draft.kind === 'pin') break; // pins are counted
    }
    return this.#queue.splice(0, size);
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    for (let attempt = 0, unanswered = 0; batch.some(isOpen); attempt += 1) {
      if (attempt > 0) await delay(backoffMs(unanswered > 0 ? UNAVAILABLE_BACKOFF : CONFLICT_BACKOFF, unanswered));
      const isAnswered = await this.#attempt(batch, attempt > 0).catch((error) => {
        if (!(error instanceof StoreUnavailable)) this.#parts.logger.error({ err: error, group: this.#group }, 'append failed');
      });
      unanswered = isAnswered ? 0 : unanswered + 1;
    }
  }

  /** One append of all that is still wanted; whether the store answered. The head is never forgotten, only read on from, so that what a lost attempt wrote is found. */
  async #attempt(batch: readonly Pending[], isRepeated: boolean): Promise<boolean> {
    if (!this.#head) await this.#skipToHead();
    if (isRepeated) await this.#findAlreadyWritten(batch);
    const wanted = await this.#decide(batch.filter(isOpen));
    if (wanted.length === 0) return true;
    const drafts = wanted.map(({ draft }) => draft);
    const called = await this.#parts.webhookCalls?.plan(this.#group, drafts, this.#head ?? EMPTY_HEAD); // here, where all kinds come by from all doors
    const entries = this.#placeAll(wanted, called);
    const { written, stopped } = await this.#parts.store.log.append(this.#group, entries);
    this.#parts.meters.appended(entries.length, stopped);
    if (stopped === 'conflict') this.#rivalAt = performance.now();
    this.#settle(wanted, entries.slice(0, written));
    if (stopped === 'unknown') for (const pending of wanted.slice(written)) pending.isUncertain = true;
    return stopped !== 'unknown';
  }

  /** Those that their rules let pass; the others are refused. */
  async #decide(batch: readonly Pending[]): Promise<Pending[]> {
    const seq = this.#head?.seq ?? 0;
    const decided = await Promise.allSettled(batch.map((pending) => this.#decideOne(pending, seq)));
    for (const one of decided) if (one.status === 'rejected') throw one.reason;
    return batch.filter(isOpen);
  }

  /** `seq`: the head before the rules are asked. Rejects only when the store is away. */
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
      const entry = entryAfter(draft, this.#group, last, this.#parts.now(), called?.[index]);
      last = headAfter(entry);
      return entry;
    });
  }

  #settle(wanted: readonly Pending[], entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.#advance(entries);
    this.#parts.bus.publish({ type: 'entries', group: this.#group, entries });
    for (const [index, entry] of entries.entries()) succeed(wanted[index], entry);
    if (entries.some(({ pending }) => pending !== undefined)) this.#parts.webhookCalls?.notify();
  }

  #advance(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (changesRights(entry.kind)) this.#rightsAt = entry.seq;
      this.#head = headAfter(entry);
    }
  }

  /** Settles the drafts whose key is in the log, then reads on from the head and settles those whose uid is: last, so that the head is new. */
  async #findAlreadyWritten(batch: readonly Pending[]): Promise<void> {
    await Promise.all(batch.filter(isOpen).map((pending) => this.#findKey(pending)));
    const byUid = new Map(batch.map((pending) => [pending.draft.uid, pending]));
    let isMore = true;
    for (let size = FIRST_WINDOW; isMore; size = WINDOW) {
      const { seq } = this.#head ?? EMPTY_HEAD;
      const window = contiguous(await this.#parts.store.log.range(this.#group, seq + 1, seq + size), seq);
      this.#advance(window);
      for (const entry of window) succeed(byUid.get(entry.uid), entry);
      if (window.length > 0) this.#parts.bus.publish({ type: 'head', group: this.#group, seq: seq + window.length });
      isMore = window.length === size;
      if (size === WINDOW && isMore && !batch.some((pending) => pending.isUncertain)) await this.#skipToHead();
    }
  }

  /** For when no attempt of ours can be in between: no need to read what others wrote, only to decide again. */
  async #skipToHead(): Promise<void> {
    this.#head = await this.#parts.store.log.head(this.#group);
    this.#rightsAt = this.#head.seq;
  }

  async #findKey(pending: Pending): Promise<void> {
    const { author, key } = pending.draft;
    const first = key === undefined ? undefined : await this.#parts.store.log.byKey(this.#group, author, key);
    if (first) this.#parts.bus.publish({ type: 'head', group: this.#group, seq: first.seq });
    succeed(pending, first);
  }
}

const isOpen = ({ isSettled }: Pending): boolean => !isSettled;

function succeed(pending: Pending | undefined, entry: Entry | undefined): void {
  if (!pending || !entry) return;
  pending.isSettled = true;
  pending.resolve(entry);
}

export function rejectPending(pending: Pending, error: unknown): void {
  pending.isSettled = true;
  pending.reject(error);
}
