import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Core } from '../core.ts';
import { type GroupId, SCHEDULED_CHANNEL } from '../ids.ts';
import { runOutsideRequest } from '../request-scope.ts';
import type { Scheduled, ScheduledChange, ScheduledPlace } from './port.ts';
import { type Attempt, attempt, type PostFunction } from './sending.ts';

/** A claim ends by itself after this time; then another process sends the message. */
export const LEASE_MS = 15_000;
/** A post takes at most this time: it is not begun when the claim ends sooner, as after the process has been stopped meanwhile. */
const POST_MS = 4000;
const PER_PAGE = 200;
/** Groups that are served at once. */
const AT_ONCE = 8;
const FINISH_WITHIN_MS = 3000;
/** The bounds of the timer for the next due message. The longer one also bounds how long a clock that was set is not noticed. */
const [MIN_TIMER_MS, MAX_TIMER_MS] = [20, 60_000];

/** `post`: the function that posts. */
export type ScheduledOptions = { readonly post: PostFunction };

/**
 * Sends scheduled messages when they are due, those of one group in the order of their times. Every process has one. A message is claimed in the store
 * before it is posted and removed after; when a process dies in between, another one posts it again with the same key, which has no effect.
 */
export class ScheduledMessages {
  readonly #core: Core;
  readonly #post: PostFunction;
  #unlisten: () => void = () => {};
  #sending: Promise<void> | undefined;
  #isWoken = false;
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(core: Core, { post }: ScheduledOptions) {
    this.#core = core;
    this.#post = post;
  }

  /** Begins, and listens to what any process schedules. */
  async start(): Promise<void> {
    const unlisten = await this.#core.bus.subscribe(SCHEDULED_CHANNEL, () => this.wake());
    if (this.#isClosing) return unlisten();
    this.#unlisten = unlisten;
    this.wake();
  }

  /** Schedules a look at what is due. */
  wake(): void {
    if (this.#isClosing) return;
    this.#isWoken = true;
    this.#sending ??= runOutsideRequest(() => this.#pump());
  }

  /** Resolves when nothing is due and nothing is being sent. */
  async idle(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  /** Claims no more, and waits up to 3 s for what is being sent; another process repeats the rest. */
  async stop(): Promise<void> {
    this.#isClosing = true;
    this.#unlisten();
    clearTimeout(this.#timer);
    const grace = new AbortController();
    await Promise.race([this.idle(), delay(FINISH_WITHIN_MS, undefined, { signal: grace.signal, ref: false }).catch(() => {})]);
    grace.abort();
  }

  async #pump(): Promise<void> {
    try {
      while (this.#isWoken && !this.#isClosing) {
        this.#isWoken = false;
        const now = this.#core.now();
        await this.#round(now);
        if (!this.#isWoken && !this.#isClosing) await this.#setTimer(now);
      }
    } catch (error) {
      this.#core.logger.warn({ err: error }, 'reading scheduled messages failed; the next sweep retries');
    } finally {
      this.#sending = undefined;
      if (this.#isWoken) this.wake();
    }
  }

  /** `now`: when the round began, so that what has become due since is not overlooked. */
  async #setTimer(now: number): Promise<void> {
    const next = await this.#core.store.scheduled.nextDue(now);
    clearTimeout(this.#timer);
    if (next === undefined || this.#isClosing) return;
    const waitMs = Math.min(Math.max(next - this.#core.now(), MIN_TIMER_MS), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.wake(), waitMs).unref();
  }

  /** Sends everything that is due, group by group; of each group one after the other. */
  async #round(now: number): Promise<void> {
    const limit = pLimit(AT_ONCE);
    const held = new Held();
    for (let after: ScheduledPlace | undefined; !this.#isClosing; ) {
      const page: readonly Scheduled[] = await this.#core.store.scheduled.ready(now, PER_PAGE, after);
      const groups = Map.groupBy(page, ({ group }) => group);
      await Promise.all([...groups.values()].map((some) => limit(() => this.#sendInOrder(some, held))));
      if (page.length < PER_PAGE) return;
      after = page.at(-1);
    }
  }

  async #sendInOrder(some: readonly Scheduled[], held: Held): Promise<void> {
    for (const scheduled of some) {
      if (this.#isClosing) return;
      if (held.has(scheduled)) continue;
      const { due, claimedUntil } = scheduled;
      const now = this.#core.now();
      if ((claimedUntil ?? 0) > now) held.addGroup(scheduled.group);
      else if ((due ?? 0) > now) held.addAuthor(scheduled);
      else await this.#send(scheduled, held);
    }
  }

  async #send(scheduled: Scheduled, held: Held): Promise<void> {
    const { store, now } = this.#core;
    const claimedUntil = now() + LEASE_MS;
    const isClaimed = await store.scheduled.update(scheduled.id, scheduled.rev, { due: claimedUntil, claimedUntil });
    if (!isClaimed) return held.addGroup(scheduled.group); // another process has it, or its author has changed it, who wakes this worker
    if (now() > claimedUntil - POST_MS) return held.addGroup(scheduled.group);
    const result = await attempt(this.#core, this.#post, scheduled);
    const isDone = await this.#record({ ...scheduled, rev: scheduled.rev + 1 }, result);
    if (result.outcome === 'later' || !isDone) held.addAuthor(scheduled);
  }

  /** Resolves to false when the store does not take it: then it is sent again when the claim ends. */
  async #record({ id, rev, tries }: Scheduled, result: Attempt): Promise<boolean> {
    const { store, logger } = this.#core;
    try {
      if (result.outcome === 'sent') await store.scheduled.remove(id, rev);
      else await store.scheduled.update(id, rev, this.#changeFor(result, tries));
      return true;
    } catch (error) {
      logger.warn({ err: error, scheduled: id }, 'the outcome of a scheduled message was not stored; it will be tried again');
      return false;
    }
  }

  #changeFor(result: Exclude<Attempt, { readonly outcome: 'sent' }>, tries: number): ScheduledChange {
    if (result.outcome === 'failed') return { due: null, claimedUntil: null, failure: result.failure };
    return { due: this.#core.now() + result.waitMs, claimedUntil: null, ...(result.isOdd ? { tries: tries + 1 } : {}) };
  }
}

/** What must wait in a round: groups of which another process sends a message now, and authors whose earlier message in a group waits. */
class Held {
  readonly #names = new Set<string>();

  addGroup(group: GroupId): void {
    this.#names.add(group);
  }

  addAuthor({ group, author }: Pick<Scheduled, 'group' | 'author'>): void {
    this.#names.add(`${group}/${author}`);
  }

  has({ group, author }: Pick<Scheduled, 'group' | 'author'>): boolean {
    return this.#names.has(group) || this.#names.has(`${group}/${author}`);
  }
}
