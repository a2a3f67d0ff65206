import { hash } from 'node:crypto';
import type { SharedLimits } from './bus/port.ts';
import type { RateLimiter } from './core.ts';
import type { Secrets } from './secrets.ts';

type Bucket = { tokens: number; at: number; perSecond: number; burst: number };

/** How long a limit that could not be shared is counted by this process alone, so that a bus that does not answer delays one request and not each. */
const AWAY_MS = 1000;
/** Buckets of one report: longer scripts would hold up Redis. */
const MAX_REPORTED = 200;

/** `limits`: what all processes count together; `nameOf`: a bucket's name there, from which the original cannot be found. */
type Sharing = { readonly limits: SharedLimits; readonly nameOf: (bucket: string) => string };

/** Names of limits in a store that others may read: SHA-256 after a secret. An HMAC for each would take longer than everything else that a post does for its limit. */
export function limitNames(secrets: Pick<Secrets, 'mac'>): Sharing['nameOf'] {
  const secret = secrets.mac('limit', 'names');
  return (bucket) => hash('sha256', secret + bucket, 'base64url');
}

/** Token buckets, of this process or with `sharing` also of all. Full buckets are deleted when there are more than `max`. */
export function openRateLimiter(now: () => number, max = 10_000, sharing?: Sharing): RateLimiter {
  const own = new Buckets(now, max);
  const shared = sharing && new SharedBuckets(own, sharing);
  return {
    take: (name, perSecond, burst) => own.take(name, perSecond, burst),
    giveBack: (name) => own.giveBack(name),
    takeShared: async (name, perSecond, burst, ahead = 0) =>
      shared && perSecond > 0 ? shared.take(name, { perSecond, burst }, ahead) : own.take(name, perSecond, burst),
    giveBackShared: (name) => {
      own.giveBack(name);
      shared?.giveBack(name);
    },
  };
}

class Buckets {
  readonly #now: () => number;
  readonly #max: number;
  readonly #all = new Map<string, Bucket>();

  constructor(now: () => number, max: number) {
    this.#now = now;
    this.#max = max;
  }

  get(name: string): Bucket | undefined {
    return this.#all.get(name);
  }

  take(name: string, perSecond: number, burst: number): number {
    if (perSecond === 0) return 0;
    const bucket = this.#refill(name, perSecond, burst);
    const wait = waitMs(bucket);
    if (wait === 0) bucket.tokens -= 1;
    return wait;
  }

  /** Takes over what is known elsewhere. Returns the ms until a token is available. */
  set(name: string, { perSecond, burst }: { perSecond: number; burst: number }, tokens: number): number {
    const bucket = this.#refill(name, perSecond, burst);
    bucket.tokens = tokens;
    return waitMs(bucket);
  }

  giveBack(name: string): void {
    const bucket = this.#all.get(name);
    if (bucket) bucket.tokens = Math.min(bucket.burst, bucket.tokens + 1);
  }

  #refill(name: string, perSecond: number, burst: number): Bucket {
    if (this.#all.size > this.#max) this.#deleteFull();
    const at = this.#now();
    const bucket = this.#all.get(name) ?? { tokens: burst, at, perSecond, burst };
    const elapsedMs = Math.max(0, at - bucket.at);
    bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs / 1000) * perSecond);
    bucket.at = at;
    this.#all.set(name, bucket);
    return bucket;
  }

  #deleteFull(): void {
    const at = this.#now();
    for (const [name, b] of this.#all) if (b.tokens + ((at - b.at) / 1000) * b.perSecond >= b.burst) this.#all.delete(name);
  }
}

const waitMs = ({ tokens, perSecond }: Bucket): number => (tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000));

type Rate = { readonly perSecond: number; readonly burst: number };
/** Tokens that were taken and that the other processes do not know of yet. */
type Unreported = { tokens: number; readonly rate: Rate };

/** Buckets of all processes. What is known of each is kept in the buckets of this process, which count alone while the others cannot be asked. */
class SharedBuckets {
  readonly #own: Buckets;
  readonly #sharing: Sharing;
  readonly #unreported = new Map<string, Unreported>();
  #isReporting = false;
  #awayUntil = 0;

  constructor(own: Buckets, sharing: Sharing) {
    this.#own = own;
    this.#sharing = sharing;
  }

  async take(name: string, rate: Rate, ahead: number): Promise<number> {
    if (this.#isAway) return this.#own.take(name, rate.perSecond, rate.burst);
    const unreported = this.#unreported.get(name)?.tokens ?? 0;
    if (unreported < ahead) {
      const wait = this.#own.take(name, rate.perSecond, rate.burst);
      if (wait === 0) this.#report(name, rate);
      return wait;
    }
    try {
      const [answer] = await this.#ask([[name, 1, rate]], true);
      const wait = this.#own.set(name, rate, (answer?.left ?? 0) - unreported);
      return answer?.isTaken ? 0 : Math.max(1, wait);
    } catch {
      this.#away();
      return this.#own.take(name, rate.perSecond, rate.burst);
    }
  }

  giveBack(name: string): void {
    const rate = this.#own.get(name);
    if (rate && !this.#isAway) this.#ask([[name, -1, rate]], false).catch(() => this.#away());
  }

  #ask(takes: readonly (readonly [name: string, tokens: number, rate: Rate])[], allOrNone: boolean) {
    const { limits, nameOf } = this.#sharing;
    const all = takes.map(([name, tokens, { perSecond, burst }]) => ({ bucket: nameOf(name), tokens, perSecond, burst }));
    return limits.take(all, allOrNone);
  }

  /** Reports a token that was taken. One report is on its way at a time; the next has all that were taken meanwhile. */
  #report(name: string, rate: Rate): void {
    const unreported = this.#unreported.get(name);
    if (unreported) unreported.tokens += 1;
    else this.#unreported.set(name, { tokens: 1, rate });
    if (this.#isReporting) return;
    this.#isReporting = true;
    setImmediate(() => void this.#reportAll());
  }

  async #reportAll(): Promise<void> {
    try {
      while (this.#unreported.size > 0) await this.#reportSome([...this.#unreported].slice(0, MAX_REPORTED));
    } catch {
      this.#away();
      this.#unreported.clear();
    } finally {
      this.#isReporting = false;
    }
  }

  async #reportSome(some: readonly (readonly [string, Unreported])[]): Promise<void> {
    const sent = some.map(([name, { tokens, rate }]) => [name, tokens, rate] as const);
    const answers = await this.#ask(sent, false);
    for (const [i, [name, unreported]] of some.entries()) {
      unreported.tokens -= sent[i]?.[1] ?? 0;
      if (unreported.tokens === 0) this.#unreported.delete(name);
      this.#own.set(name, unreported.rate, (answers[i]?.left ?? 0) - unreported.tokens);
    }
  }

  get #isAway(): boolean {
    return performance.now() < this.#awayUntil;
  }

  #away(): void {
    this.#awayUntil = performance.now() + AWAY_MS;
  }
}
