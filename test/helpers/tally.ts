const RESULT = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO)\b.*)?$/;
const END = /^(1\.\.\d+|# (tests|pass|skip|fail) \d+)$/;
const BETWEEN_FILE_AND_TITLE = ' › ';

/** Counts what ava says in TAP, and tells it in a form for people: a line per test file, and each failure in full. */
export class Tally {
  passed = 0;
  failed = 0;
  readonly #skipped: string[] = [];
  readonly #failures: string[] = [];
  readonly #begun = new Set<string>();
  readonly #files: readonly string[];
  readonly #say: (text: string) => void;
  #inFailure = false;

  /** `files`: the paths of all test files. */
  constructor(files: readonly string[], say: (text: string) => void) {
    this.#files = files;
    this.#say = say;
  }

  /** Takes one line of TAP. */
  read(line: string): void {
    const result = RESULT.exec(line);
    if (result) this.#result(result[1] === undefined, result[2] ?? '', result[3]);
    else if (END.test(line)) this.#inFailure = false;
    else if (this.#inFailure && !/^ {2}(---|\.\.\.)$/.test(line)) this.#say(`    ${line}`);
  }

  /** Says that the run ended before its end, without a test to blame: what it had not come to is not known to hold. */
  brokeOff(): void {
    this.#result(false, 'the run broke off before its end', undefined);
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

  /** With several files, each title begins with its file's path, less what all paths have in common. */
  #file(title: string): void {
    const parts = title.split(BETWEEN_FILE_AND_TITLE);
    const ends = parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}.test.ts`).slice(0, -1);
    const file = this.#files.find((path) => ends.some((end) => path.endsWith(end)));
    if (file === undefined || this.#begun.has(file)) return;
    this.#begun.add(file);
    this.#say(`▸ ${file}`);
  }

  #list(heading: string, titles: readonly string[]): void {
    if (titles.length === 0) return;
    this.#say(['', heading, ...titles.map((title) => `  ${title}`)].join('\n'));
  }
}
