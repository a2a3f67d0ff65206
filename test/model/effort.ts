import fc from 'fast-check';
import type { Weather } from './world.ts';

/** Fault rates from none to high. */
export const anyWeather: fc.Arbitrary<Weather> = fc.record({
  unanswered: fc.constantFrom(0, 1, 4, 12),
  cutAppends: fc.constantFrom(0, 4, 12),
  lostEvents: fc.constantFrom(0, 10, 40, 100),
  stalls: fc.constantFrom(0, 1, 2),
  lostHints: fc.constantFrom(0, 30, 100),
});

/** With PARLEY_TEST_ALL each property runs twenty rounds, each as a test of its own, so that progress is visible. */
export const rounds: readonly string[] = process.env.PARLEY_TEST_ALL
  ? Array.from({ length: 20 }, (_, index) => `, round ${index + 1}`)
  : [''];

/** `numRuns` of fast-check. MODEL_SEED and MODEL_PATH, which a failure prints, repeat it. */
export function runs<T>(numRuns: number): fc.Parameters<T> {
  const { MODEL_SEED: seed, MODEL_PATH: path } = process.env;
  return { numRuns, includeErrorInReport: true, ...(seed ? { seed: Number(seed) } : {}), ...(path ? { path } : {}) };
}
