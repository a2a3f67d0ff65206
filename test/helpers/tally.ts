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

/** Counts what ava prints in TAP, and prints it for people: a line per test file, and each failure in full. */
export class Tally {
  passed = 0;
  failed = 0;
  readonly #skipped: string[] = [];
  readonly #failures: string[] = [];
  readonly #begun = new Set<string>();
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #say: (text: string) => void;
  #inFailure = false;

  /** `files`: the paths of the test files that run. */
  constructor(files: readonly string[], say: (text: string) => void) {
    this.#prefixes = titlePrefixes(files);
    this.#say = say;
  }

  /** Takes one line of TAP. */
  read(line: string): void {
    const result = RESULT.exec(line);
    if (result) this.#result(result[1] === undefined, result[2] ?? '', result[3]);
    else if (END.test(line)) this.#inFailure = false;
    else if (this.#inFailure && !/^ {2}(---|\.\.\.)$/.test(line)) this.#say(`    ${line}`);
  }

  /** Counts a failure because the run ended early: whatever had not run yet may fail. `running`: the files that had not ended. */
  brokeOff(running: readonly string[] = []): void {
    const where = running.length === 0 ? '' : `, in ${running.join(', ')}`;
    this.#result(false, `the run broke off before its end${where}`, undefined);
  }

  /** The end of the report; its last line is `N passed, N failed, N skipped`. */
  summary(seconds: number): void {
    this.#list('Skipped:', this.#skipped);
    this.#list('Failed:', this.#failures);
    if (this.passed + this.failed === 0) this.#say('No test ran.');
    this.#say(`\n${seconds.toFixed(1)} s`);
    this.#say(`${this.passed} passed, ${this.failed} failed, ${this.#skipped.length} skipped`);
  }

  #result(ok: boolean, title: string, directive: string | undefined): void {
    this.#file(title);
    this.#inFailure = !ok && directive === undefined;
    if (directive) this.#skipped.push(directive === 'TODO' ? `${title} (to do)` : title);
    else if (ok) this.passed += 1;
    else {
      this.failed += 1;
      this.#failures.push(title);
      this.#say(`  ✘ ${title}`);
    }
  }

  /** Prints the path of the file that a title belongs to, the first time. */
  #file(title: string): void {
    const parts = title.split(SEPARATOR);
    const prefix = parts.map((_, i) => parts.slice(0, parts.length - 1 - i).join(SEPARATOR)).find((part) => this.#prefixes.has(part));
    const file = prefix === undefined ? undefined : this.#prefixes.get(prefix);
    if (file === undefined || this.#begun.has(file)) return;
    this.#begun.add(file);
    this.#say(`▸ ${file}`);
  }

  #list(heading: string, titles: readonly string[]): void {
    if (titles.length === 0) return;
    this.#say(['', heading, ...titles.map((title) => `  ${title}`)].join('\n'));
  }
}
