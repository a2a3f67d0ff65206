import { randomBytes } from 'node:crypto';
import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { limitNames } from '../rate-limiter.ts';

/** How long the streams of a process that was killed still count. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
/** How long the other processes are not asked after they could not be. */
const AWAY_MS = 1000;

/** `own`: the streams here; `others`: those of the other processes when they were last asked. `isDue`: `own` has to be reported. */
type Count = { own: number; others: number; isDue: boolean; reportedAt: number; reporting: Promise<void> | undefined };

/**
 * The open streams of each user, over all processes where they share limits. A process opens a quarter of STREAMS_PER_USER before it waits for the
 * others: reconnections after a restart must not wait for the bus.
 */
export class StreamCounts {
  readonly #core: Pick<Core, 'config' | 'bus' | 'secrets'>;
  readonly #holder = randomBytes(8).toString('hex');
  readonly #counts = new Map<UserId, Count>();
  readonly #nameOf: (name: string) => string;
  #awayUntil = 0;

  constructor(core: Pick<Core, 'config' | 'bus' | 'secrets'>) {
    this.#core = core;
    this.#nameOf = limitNames(core.secrets);
  }

  /** Counts a stream, synchronously so that concurrent requests cannot exceed the limit of this process. Errors: `tooMany`; it is then not counted. */
  add(user: UserId): void {
    const count = this.#counts.get(user) ?? { own: 0, others: 0, isDue: false, reportedAt: 0, reporting: undefined };
    const most = this.#core.config.streamsPerUser;
    if (most > 0 && count.own >= most) throw refusal(most);
    count.own += 1;
    this.#counts.set(user, count);
  }

  /** Resolves when a counted stream is within the limit over all processes. Errors: `tooMany`; the caller then removes it. */
  async check(user: UserId): Promise<void> {
    const count = this.#counts.get(user);
    const most = this.#core.config.streamsPerUser;
    if (!count || !this.#isShared) return;
    const reported = this.#report(user, count);
    if (count.own <= most / 4 && count.own + count.others <= most) return;
    await reported;
    if (count.own + count.others > most) throw refusal(most);
  }

  remove(user: UserId): void {
    const count = this.#counts.get(user);
    if (!count) return;
    count.own -= 1;
    if (this.#isShared) void this.#report(user, count);
    else if (count.own === 0) this.#counts.delete(user);
  }

  /** Tells the other processes that the streams are still open. */
  renew(): void {
    if (!this.#isShared) return;
    const due = performance.now() - RENEW_MS;
    for (const [user, count] of this.#counts) if (count.reportedAt < due) void this.#report(user, count);
  }

  get #isShared(): boolean {
    return this.#core.config.streamsPerUser > 0 && this.#core.bus.limits !== undefined;
  }

  /** Resolves when the others know of the streams that are open now, or cannot be told. One report of a user is on its way at a time. */
  #report(user: UserId, count: Count): Promise<void> {
    count.isDue = true;
    count.reporting ??= this.#sendAll(user, count);
    return count.reporting;
  }

  async #sendAll(user: UserId, count: Count): Promise<void> {
    while (count.isDue) {
      count.isDue = false;
      count.others = await this.#send(user, count);
    }
    count.reporting = undefined;
    if (count.own === 0) this.#counts.delete(user);
  }

  /** Resolves to the streams of the others, as far as they can be asked. */
  async #send(user: UserId, count: Count): Promise<number> {
    count.reportedAt = performance.now();
    if (performance.now() < this.#awayUntil) return 0;
    const others = this.#core.bus.limits?.count(this.#nameOf(`streams:${user}`), this.#holder, count.own, LEASE_MS);
    return (await others?.catch(() => this.#away())) ?? 0;
  }

  #away(): void {
    this.#awayUntil = performance.now() + AWAY_MS;
  }
}

const refusal = (most: number) => tooMany(t`Too many open streams: ${most} at most. Close some tabs.`, 5000);
