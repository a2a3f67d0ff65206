import fc from 'fast-check';
import type { Weather } from './world.ts';

/** Everything from a calm day to a day on which little works. */
export const anyWeather: fc.Arbitrary<Weather> = fc.record({
  unanswered: fc.constantFrom(0, 1, 4, 12),
  cutAppends: fc.constantFrom(0, 4, 12),
  lostEvents: fc.constantFrom(0, 10, 40, 100),
  stalls: fc.constantFrom(0, 1, 2),
  lostHints: fc.constantFrom(0, 30, 100),
});

/** With PARLEY_TEST_ALL twenty rounds of each property, each a test, so that none seems to hang. */
export const rounds: readonly string[] = process.env.PARLEY_TEST_ALL
  ? Array.from({ length: 20 }, (_, index) => `, round ${index + 1}`)
  : [''];

/** `numRuns` of fast-check; MODEL_SEED and MODEL_PATH, as a failure prints them, play it again. */
export function runs<T>(numRuns: number): fc.Parameters<T> {
  const { MODEL_SEED: seed, MODEL_PATH: path } = process.env;
  return { numRuns, includeErrorInReport: true, ...(seed ? { seed: Number(seed) } : {}), ...(path ? { path } : {}) };
}
