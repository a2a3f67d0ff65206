import { dirname } from 'node:path/posix';

const RESULT = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO)\b.*)?$/;
const END = /^(1\.\.\d+|# (tests|pass|skip|fail) \d+)$/;
const SEPARATOR = ' › ';

/**
 * What ava puts before the titles of each of the files that it runs together, by that prefix: the path without the folders that all have
 * in common. A file that runs alone has no prefix ('').
 */
export function titlePrefixes(files: readonly string[]): Map<string, string> {
  if (files.length === 1) return new Map([['', files[0] ?? '']]);
  const folders = files.map((file) => dirname(file).split('/'));
  const [first = []] = folders;
  const differs = first.findIndex((name, i) => folders.some((folder) => folder[i] !== name));
  const shared = differs === -1 ? first.length : differs;
  const prefixOf = (file: string): string =>
    file
      .replace(/\.test\.ts$/, '')
      .split('/')
      .slice(shared)
      .join(SEPARATOR);
  return new Map(files.map((file) => [prefixOf(file), file]));
}

/** Lines of a failure, and characters of each, that the summary repeats: the end of a long output is often all that is kept of it. */
const [REPEATED_LINES, REPEATED_LENGTH] = [30, 300];

/** The result of one test. `reason`: the first lines of what was printed about a failure. */
export type Result = {
  readonly title: string;
  readonly file: string | undefined;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly reason: string[];
};

/** Counts what ava prints in TAP, and prints it for people: a line per test file, and each failure in full. */
export class Tally {
  readonly #results: Result[] = [];
  readonly #begun = new Set<string>();
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #print: (text: string) => void;
  #inFailure = false;

  /** `files`: the paths of the test files that run. `before`: results of files that ran before, in another run. */
  constructor(files: readonly string[], print: (text: string) => void, before: readonly Result[] = []) {
    this.#results.push(...before);
    this.#prefixes = titlePrefixes(files);
    this.#print = print;
  }

  get passed(): number {
    return this.#count('passed');
  }

  get failed(): number {
    return this.#count('failed');
  }

  /** The results of these files. */
  resultsOf(files: readonly string[]): Result[] {
    return this.#results.filter(({ file }) => file !== undefined && files.includes(file));
  }

  /** Takes one line of TAP. */
  read(line: string): void {
    const result = RESULT.exec(line);
    if (result) this.#result(result[1] === undefined, result[2] ?? '', result[3]);
    else if (END.test(line)) this.#inFailure = false;
    else if (this.#inFailure && !/^ {2}(---|\.\.\.)$/.test(line)) this.#detail(`    ${line}`);
  }

  /** Counts a failure because the run ended early: whatever had not run yet may fail. `running`: the files that had not ended. */
  brokeOff(running: readonly string[] = []): void {
    const where = running.length === 0 ? '' : `, in ${running.join(', ')}`;
    this.#result(false, `the run broke off before its end${where}`, undefined);
  }

  /** The end of the report; its last line is `N passed, N failed, N skipped`. */
  summary(seconds: number): void {
    this.#list(
      'Skipped:',
      this.#results.flatMap(({ title, outcome }) => (outcome === 'skipped' ? [title] : [])),
    );
    this.#list(
      'Failed:',
      this.#results.flatMap(({ title, outcome, reason }) => (outcome === 'failed' ? [title, ...reason] : [])),
    );
    if (this.passed + this.failed === 0) this.#print('No test ran.');
    this.#print(`\n${seconds.toFixed(1)} s`);
    this.#print(`${this.passed} passed, ${this.failed} failed, ${this.#count('skipped')} skipped`);
  }

  #result(ok: boolean, title: string, directive: string | undefined): void {
    const file = this.#fileOf(title);
    this.#inFailure = !ok && directive === undefined;
    if (directive) this.#results.push({ title: directive === 'TODO' ? `${title} (to do)` : title, file, outcome: 'skipped', reason: [] });
    else this.#results.push({ title, file, outcome: ok ? 'passed' : 'failed', reason: [] });
    if (this.#inFailure) this.#print(`  ✘ ${title}`);
  }

  #count(outcome: Result['outcome']): number {
    return this.#results.filter((result) => result.outcome === outcome).length;
  }

  /** Prints a line about the last failure. */
  #detail(line: string): void {
    this.#print(line);
    const reason = this.#results.at(-1)?.reason;
    if (reason && reason.length < REPEATED_LINES) reason.push(line.slice(0, REPEATED_LENGTH));
  }

  /** The file that a title belongs to; prints its path the first time. */
  #fileOf(title: string): string | undefined {
    const parts = title.split(SEPARATOR);
    const prefix = parts.map((_, i) => parts.slice(0, parts.length - 1 - i).join(SEPARATOR)).find((part) => this.#prefixes.has(part));
    const file = prefix === undefined ? undefined : this.#prefixes.get(prefix);
    if (file === undefined || this.#begun.has(file)) return file;
    this.#begun.add(file);
    this.#print(`▸ ${file}`);
    return file;
  }

  #list(heading: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#print(['', heading, ...lines.map((line) => `  ${line}`)].join('\n'));
  }
}
