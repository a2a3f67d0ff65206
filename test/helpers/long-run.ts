import type { TestFn } from 'ava';
import type { Missing } from './programs.ts';
import { type Register, requireOrSkip } from './services.ts';

/** Whether the long suites run too: `npm run test:all`. */
export const isLongRun = process.env.PARLEY_TEST_ALL !== undefined;

/** The tools of the long suites. Otherwise nothing is searched or installed. */
export const inLongRun = <T extends object>(ensure: () => Promise<T | Missing>): Promise<T | Missing> =>
  isLongRun ? ensure() : Promise.resolve({ missing: 'npm run test:all installs it' });

/** Registers tests that only run with the long suites and need these tools, as `requireOrSkip` does; else they are skipped by name. */
export function onlyInLongRun<Context>(test: TestFn<Context>, ...needs: (object | Missing)[]): Register<Context> {
  if (isLongRun) return requireOrSkip(test, ...needs);
  return (title, implementation, ...args) => test.skip(`${title} (npm run test:all)`, implementation, ...args);
}
