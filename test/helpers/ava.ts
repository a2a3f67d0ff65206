import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { FileTimes, listTimes } from './file-times.ts';
import { type Result, Tally } from './tally.ts';

/** After this time without a result the running files are printed. */
const SILENCE_MS = 60_000;
/** After this time without a result the run is ended. Longer than the limit of any test. */
const LONGEST_SILENCE_MS = 15 * 60_000;
/** Effectively none: ava's own limit ends the run silently, since its TAP reporter fails. */
const AVA_LIMIT = '60m';
/** What an interrupted run gets to end by itself. */
const INTERRUPT_MS = 20_000;
const EVENTS_FD = 3;
const ROOT = resolve(import.meta.dirname, '../..');
const OPTIONS_WITH_VALUE = /^(-[mcTN]|--(match|concurrency|timeout|node-arguments|config))$/;

type TestRunOptions = {
  /** For ava, files included. */
  readonly args: readonly string[];
  /** The files that ava will run. */
  readonly files: readonly string[];
  /** Added to the environment of the tests. */
  readonly env: Readonly<Record<string, string>>;
  /** Results of files that ran before, in another run. */
  readonly before?: readonly Result[];
  /** Silence in ms after which running files are printed, and after which the run is ended. */
  readonly silenceMs?: number;
  readonly longestSilenceMs?: number;
};

/** One run of ava, reported on standard output. */
export class TestRun {
  readonly #ava: ChildProcess;
  readonly #times = new FileTimes(ROOT, () => performance.now());
  readonly #tally: Tally;
  readonly #before: readonly Result[];
  readonly #startedAt = performance.now();
  readonly #limits: { readonly silenceMs: number; readonly longestSilenceMs: number };
  #lastResultAt = performance.now();
  #stuckIn: readonly string[] = [];
  #isInterrupted = false;

  constructor({ args, files, env, before = [], silenceMs = SILENCE_MS, longestSilenceMs = LONGEST_SILENCE_MS }: TestRunOptions) {
    this.#limits = { silenceMs, longestSilenceMs };
    this.#before = before;
    this.#tally = new Tally(files, (text) => console.log(text), before);
    const cli = join(ROOT, 'node_modules/ava/entrypoints/cli.js');
    this.#ava = spawn(process.execPath, [cli, '--tap', `--timeout=${AVA_LIMIT}`, ...args], {
      // Every test file loads the same code: the compile cache has it without types.
      env: { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/parley'), ...process.env, ...env, PARLEY_TEST_EVENTS: String(EVENTS_FD) },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#ava.kill(signal);
  }

  /** Ends the run without a report: the files that have not ended are to run again. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.kill('SIGINT');
    setTimeout(() => this.kill('SIGKILL'), INTERRUPT_MS).unref();
  }

  /** The files that ran to their end before `at` (ms of performance.now()), with their results. */
  finishedBefore(at: number): { readonly files: readonly string[]; readonly results: readonly Result[] } {
    const files = this.#times.endedBefore(at);
    return { files, results: [...this.#before, ...this.#tally.resultsOf(files)] };
  }

  /** Resolves after the report to whether every test passed; to false after `interrupt`. */
  async ended(): Promise<boolean> {
    const closed = once(this.#ava, 'close');
    this.#onLine(this.#ava.stdio[EVENTS_FD], (line) => this.#times.read(line));
    this.#onLine(this.#ava.stdout, (line) => {
      this.#tally.read(line);
      this.#lastResultAt = performance.now();
    });
    const watch = setInterval(() => this.#watchSilence(), this.#limits.silenceMs);
    const [code] = await closed;
    clearInterval(watch);
    return !this.#isInterrupted && this.#report(code === 0);
  }

  #onLine(input: unknown, read: (line: string) => void): void {
    createInterface({ input: input as Readable }).on('line', read);
  }

  #watchSilence(): void {
    const silentMs = performance.now() - this.#lastResultAt;
    if (silentMs < this.#limits.silenceMs) return;
    console.log(`… no result for ${(silentMs / 1000).toFixed(0)} s; running: ${listTimes(this.#times.running())}`);
    if (silentMs > this.#limits.longestSilenceMs) this.#giveUp();
  }

  /** First SIGINT, at which test files stop what they have started. */
  #giveUp(): void {
    this.kill(this.#stuckIn.length > 0 ? 'SIGKILL' : 'SIGINT');
    this.#stuckIn = this.#times.running().map(({ file }) => file);
  }

  #report(isGood: boolean): boolean {
    if (this.#stuckIn.length > 0) this.#tally.brokeOff(this.#stuckIn);
    else if (!isGood && this.#tally.failed === 0) this.#tally.brokeOff(this.#times.running().map(({ file }) => file));
    console.log(`\nSlowest files: ${listTimes(this.#times.slowest(20))}`);
    this.#tally.summary((performance.now() - this.#startedAt) / 1000);
    return isGood && this.#tally.failed === 0 && this.#tally.passed > 0;
  }
}

/** The arguments that are no files. */
export const optionsOf = (args: readonly string[]): string[] => args.filter((arg, i) => !isPattern(arg, args[i - 1]));

const isPattern = (arg: string, before = ''): boolean => !arg.startsWith('-') && !OPTIONS_WITH_VALUE.test(before);

/** The test files that ava runs with these arguments, by path from the root. */
export function selectFiles(args: readonly string[]): string[] {
  const patterns = args.filter((arg, i) => isPattern(arg, args[i - 1]));
  if (patterns.length === 0) return globSync('test/**/*.test.ts');
  const paths = patterns.flatMap((pattern) => globSync(pattern.replace(/:[\d,-]+$/, '').replace(/^\.\//, '')));
  return [...new Set(paths.flatMap((path) => (statSync(path).isDirectory() ? globSync(join(path, '**/*.test.ts')) : [path])))];
}
