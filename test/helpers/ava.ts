import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { FileTimes, listTimes } from './file-times.ts';
import { Tally } from './tally.ts';

/** Without a result for so long, the files that are running are printed. */
const SILENCE_MS = 60_000;
/** Then the run is ended. Longer than any test may take that sets a limit of its own. */
const LONGEST_SILENCE_MS = 15 * 60_000;
/** ava's own limit ends the run without a word: its TAP reporter fails at it. */
const AVA_LIMIT = '60m';
const EVENTS_FD = 3;
const ROOT = resolve(import.meta.dirname, '../..');
const OPTIONS_WITH_VALUE = /^(-[mcTN]|--(match|concurrency|timeout|node-arguments|config))$/;

export type TestRunOptions = {
  /** For ava, files included. */
  readonly args: readonly string[];
  /** The files that ava will run. */
  readonly files: readonly string[];
  /** Added to the environment of the tests. */
  readonly env: Readonly<Record<string, string>>;
  /** Silence in ms after which running files are printed, and after which the run is ended. */
  readonly silenceMs?: number;
  readonly longestSilenceMs?: number;
};

/** One run of ava, reported on standard output. */
export class TestRun {
  readonly #ava: ChildProcess;
  readonly #times = new FileTimes(ROOT, () => performance.now());
  readonly #tally: Tally;
  readonly #startedAt = performance.now();
  readonly #limits: { readonly silenceMs: number; readonly longestSilenceMs: number };
  #lastResultAt = performance.now();
  #stuckIn: readonly string[] = [];

  constructor({ args, files, env, silenceMs = SILENCE_MS, longestSilenceMs = LONGEST_SILENCE_MS }: TestRunOptions) {
    this.#limits = { silenceMs, longestSilenceMs };
    this.#tally = new Tally(files, (text) => console.log(text));
    const cli = join(ROOT, 'node_modules/ava/entrypoints/cli.js');
    this.#ava = spawn(process.execPath, [cli, '--tap', `--timeout=${AVA_LIMIT}`, ...args], {
      // Every test file loads the same code anew: compiled and without its types it loads at once.
      env: { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/parley'), ...process.env, ...env, PARLEY_TEST_EVENTS: String(EVENTS_FD) },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#ava.kill(signal);
  }

  /** Resolves at the end, once all is reported, to whether every test passed. */
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
    return this.#report(code === 0);
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

  /** First as Ctrl-C, at which test files remove what they have started. */
  #giveUp(): void {
    this.kill(this.#stuckIn.length > 0 ? 'SIGKILL' : 'SIGINT');
    this.#stuckIn = this.#times.running().map(({ file }) => file);
  }

  #report(isGood: boolean): boolean {
    if (this.#stuckIn.length > 0) this.#tally.brokeOff(this.#stuckIn);
    else if (!isGood && this.#tally.failed === 0) this.#tally.brokeOff(this.#times.running().map(({ file }) => file));
    console.log(`\nSlowest files: ${listTimes(this.#times.slowest(8))}`);
    this.#tally.summary((performance.now() - this.#startedAt) / 1000);
    return isGood && this.#tally.failed === 0 && this.#tally.passed > 0;
  }
}

/** The test files that ava runs with these arguments, by path from the root. */
export function selectFiles(args: readonly string[]): string[] {
  const patterns = args.filter((arg, i) => !arg.startsWith('-') && !OPTIONS_WITH_VALUE.test(args[i - 1] ?? ''));
  if (patterns.length === 0) return globSync('test/**/*.test.ts');
  const paths = patterns.flatMap((pattern) => globSync(pattern.replace(/:[\d,-]+$/, '').replace(/^\.\//, '')));
  return [...new Set(paths.flatMap((path) => (statSync(path).isDirectory() ? globSync(join(path, '**/*.test.ts')) : [path])))];
}
