import type { RateLimiter } from './core.ts';

type Bucket = { tokens: number; at: number; perSecond: number; burst: number };

/** Token buckets in memory. Full buckets are deleted when there are more than `max`. */
export function openRateLimiter(now: () => number, max = 10_000): RateLimiter {
  const buckets = new Map<string, Bucket>();

  const refill = (name: string, perSecond: number, burst: number): Bucket => {
    const at = now();
    const bucket = buckets.get(name) ?? { tokens: burst, at, perSecond, burst };
    const elapsedMs = Math.max(0, at - bucket.at);
    bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs / 1000) * perSecond);
    bucket.at = at;
    buckets.set(name, bucket);
    return bucket;
  };
  const waitMs = (bucket: Bucket): number => (bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / bucket.perSecond) * 1000));
  const deleteFull = (): void => {
    const at = now();
    for (const [name, b] of buckets) if (b.tokens + ((at - b.at) / 1000) * b.perSecond >= b.burst) buckets.delete(name);
  };

  return {
    take(name, perSecond, burst) {
      if (perSecond === 0) return 0;
      if (buckets.size > max) deleteFull();
      const bucket = refill(name, perSecond, burst);
      const wait = waitMs(bucket);
      if (wait === 0) bucket.tokens -= 1;
      return wait;
    },
    giveBack(name) {
      const bucket = buckets.get(name);
      if (bucket) bucket.tokens = Math.min(bucket.burst, bucket.tokens + 1);
    },
  };
}
