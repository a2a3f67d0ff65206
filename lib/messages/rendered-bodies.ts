import { LRUCache } from 'lru-cache';
import type { RenderedBodies, RenderedBody } from '../core.ts';

/** Of what is kept, in bytes as estimated by `set`. */
const MAX_BYTES = 32 * 1024 * 1024;
/** An erased text that nobody asks for again goes after this time, wherever it was erased. */
const KEPT_MS = 60_000;

/** Keeps the rendered bodies that were used last. */
export function openRenderedBodies(): RenderedBodies {
  const kept = new LRUCache<string, RenderedBody>({ maxSize: MAX_BYTES, ttl: KEPT_MS, updateAgeOnGet: true, ttlAutopurge: false });
  const keyOf = (group: string, seq: number): string => `${group}/${seq}`;
  const purge = (): void => {
    kept.purgeStale();
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    get: (group, seq) => kept.get(keyOf(group, seq)),
    set(group, seq, body, bytes) {
      kept.set(keyOf(group, seq), body, { size: Math.max(1, bytes) });
      timer ??= setInterval(purge, KEPT_MS).unref();
    },
    forget: (group, seq) => void kept.delete(keyOf(group, seq)),
    close: () => clearInterval(timer),
  };
}
