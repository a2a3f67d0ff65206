import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus/port.ts';
import type { Core, Decide } from '../core.ts';
import { unavailable } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import { StoreUnavailable } from '../store/port.ts';
import { type Draft, type Entry, type Head, headAfter, place } from './entry.ts';

export type Pending = {
  readonly draft: Draft;
  readonly decide: Decide | undefined;
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: unknown) => void;
  /** Monotonic ms when it was asked for. */
  readonly askedAt: number;
  /** The last seq that its rules are known to have seen. */
  decidedAt: number | undefined;
  /** An attempt got no answer: it may yet be written, so a refusal may not be promised. */
  isUncertain: boolean;
  /** Resolved or rejected: never to be written again. */
  isSettled: boolean;
};

type Parts = Pick<Core, 'store' | 'now' | 'log'> & { readonly bus: Pick<Bus, 'publish'> };

const MOST_IN_BATCH = 256;
const GIVE_UP_MS = 2000;
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
  readonly #parts: Parts;
  #queue: Pending[] = [];
  #head: Head | undefined;
  /** Last seq known to have changed somebody's rights. */
  #rightsAt = 0;
  #running: Promise<void> | undefined;

  constructor(group: GroupId, parts: Parts) {
    this.#group = group;
    this.#parts = parts;
  }

  push(pending: Pending): void {
    pending.decidedAt = this.#head?.seq;
    this.#queue.push(pending);
    this.#running ??= this.#run();
  }

  isIdle(): boolean {
    return this.#running === undefined;
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#write(this.#takeBatch());
    } finally {
      this.#running = undefined;
    }
  }

  /** As many drafts as may be decided together: rules must see what they depend on, so a batch ends before a second follow-up of one target and after a change of rights. */
  #takeBatch(): Pending[] {
    const targets = new Set<number>();
    let size = 0;
    for (const { draft } of this.#queue) {
      if ('target' in draft) {
        if (targets.has(draft.target)) break;
        targets.add(draft.target);
      }
      size += 1;
      if (size === MOST_IN_BATCH || changesRights(draft.kind)) break;
    }
    return this.#queue.splice(0, size);
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      await this.#attempt(batch.filter(isOpen)).catch((error) => this.#note(error));
      this.#giveUpOnOld(batch.filter(isOpen));
      if (!batch.some(isOpen)) return;
      await delay(Math.random() * Math.min(100, 2 ** attempt));
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof StoreUnavailable)) this.#parts.log.error({ err: error, group: this.#group }, 'append failed');
  }

  /** One append of all that is still wanted. The head is never forgotten, only read on from, so that what a lost attempt wrote is found. */
  async #attempt(batch: readonly Pending[]): Promise<void> {
    this.#head ??= await this.#parts.store.log.head(this.#group);
    const wanted = await this.#decide(batch, this.#head);
    const entries = this.#placeAll(wanted, this.#head);
    if (entries.length === 0) return;
    const { written, stopped } = await this.#parts.store.log.append(this.#group, entries);
    this.#settle(wanted.slice(0, written), entries.slice(0, written));
    const left = wanted.slice(written);
    if (stopped === 'unknown') for (const pending of left) pending.isUncertain = true;
    if (left.length > 0) await this.#findAlreadyWritten(left);
  }

  async #decide(batch: readonly Pending[], head: Head): Promise<Pending[]> {
    const wanted: Pending[] = [];
    for (const pending of batch) {
      if (await this.#passes(pending, head)) wanted.push(pending);
    }
    return wanted;
  }

  async #passes(pending: Pending, head: Head): Promise<boolean> {
    const { draft, decide } = pending;
    const isStale = 'target' in draft || pending.decidedAt === undefined || pending.decidedAt < this.#rightsAt;
    try {
      if (decide && isStale) await decide();
      pending.decidedAt = head.seq;
      return true;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      fail(pending, pending.isUncertain ? unavailable() : error);
      return false;
    }
  }

  #placeAll(wanted: readonly Pending[], head: Head): Entry[] {
    const entries: Entry[] = [];
    let last = head;
    for (const { draft } of wanted) {
      const entry = place(draft, this.#group, last, this.#parts.now());
      entries.push(entry);
      last = headAfter(entry);
    }
    return entries;
  }

  #settle(done: readonly Pending[], entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (!last) return;
    this.#advance(entries);
    this.#parts.bus.publish({ type: 'entries', group: this.#group, entries });
    done.forEach((pending, index) => {
      const entry = entries[index];
      if (entry) succeed(pending, entry);
    });
  }

  #advance(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (changesRights(entry.kind)) this.#rightsAt = entry.seq;
      this.#head = headAfter(entry);
    }
  }

  /** Reads on from the head and settles the drafts whose uid, or whose key, is in the log. */
  async #findAlreadyWritten(left: readonly Pending[]): Promise<void> {
    const byUid = new Map(left.map((pending) => [pending.draft.uid, pending]));
    for (;;) {
      const from = (this.#head?.seq ?? 0) + 1;
      const window = await this.#parts.store.log.range(this.#group, from, from + WINDOW - 1);
      const last = window.at(-1);
      if (!last) break;
      this.#advance(window);
      for (const entry of window) succeed(byUid.get(entry.uid), entry);
      this.#parts.bus.publish({ type: 'head', group: this.#group, seq: last.seq });
      if (window.length === WINDOW && !left.some((pending) => pending.isUncertain)) await this.#skipToHead();
    }
    await this.#findKeys(left.filter(isOpen));
  }

  /** Far behind, and no attempt of ours can be in between: no need to read what others wrote, only to decide again. */
  async #skipToHead(): Promise<void> {
    this.#head = await this.#parts.store.log.head(this.#group);
    this.#rightsAt = this.#head.seq;
  }

  async #findKeys(left: readonly Pending[]): Promise<void> {
    for (const pending of left) {
      const { author, key } = pending.draft;
      const first = key === undefined ? undefined : await this.#parts.store.log.byKey(this.#group, author, key);
      if (first) succeed(pending, first);
    }
  }

  #giveUpOnOld(left: readonly Pending[]): void {
    const oldest = performance.now() - GIVE_UP_MS;
    for (const pending of left) if (pending.askedAt < oldest) fail(pending, unavailable());
  }
}

const isOpen = (pending: Pending): boolean => !pending.isSettled;

function succeed(pending: Pending | undefined, entry: Entry): void {
  if (!pending) return;
  pending.isSettled = true;
  pending.resolve(entry);
}

function fail(pending: Pending, error: unknown): void {
  pending.isSettled = true;
  pending.reject(error);
}
