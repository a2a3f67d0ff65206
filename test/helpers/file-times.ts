/** A test file and for how many seconds it has been running, or ran. */
type FileTime = { readonly file: string; readonly seconds: number };

/** Which test files are running, and how long each took; fed with the lines of helpers/report-file.ts. */
export class FileTimes {
  readonly #startedAt = new Map<string, number>();
  readonly #ended: (FileTime & { readonly at: number })[] = [];
  readonly #root: string;
  readonly #now: () => number;

  /** `root`: the folder that paths are shown from. `now` in ms. */
  constructor(root: string, now: () => number) {
    this.#root = root;
    this.#now = now;
  }

  /** Takes one line, `begin PATH` or `end PATH`. */
  read(line: string): void {
    const [, event, path = ''] = /^(begin|end) (.*)$/.exec(line) ?? [];
    const file = path.startsWith(`${this.#root}/`) ? path.slice(this.#root.length + 1) : path;
    if (event === 'begin') this.#startedAt.set(file, this.#now());
    else if (event === 'end') this.#end(file);
  }

  #end(file: string): void {
    const startedAt = this.#startedAt.get(file);
    if (startedAt === undefined) return;
    this.#startedAt.delete(file);
    const at = this.#now();
    this.#ended.push({ file, seconds: (at - startedAt) / 1000, at });
  }

  /** The running files, the longest first. */
  running(): FileTime[] {
    return bySeconds([...this.#startedAt].map(([file, startedAt]) => ({ file, seconds: (this.#now() - startedAt) / 1000 })));
  }

  /** Those that ended before `at`. */
  endedBefore(at: number): string[] {
    return this.#ended.flatMap((one) => (one.at < at ? [one.file] : []));
  }

  /** The `count` that took longest. */
  slowest(count: number): FileTime[] {
    return bySeconds(this.#ended).slice(0, count);
  }
}

const bySeconds = (times: readonly FileTime[]): FileTime[] => times.toSorted((a, b) => b.seconds - a.seconds);

/** `test/a.test.ts (12 s)` of each, with commas. */
export const listTimes = (times: readonly FileTime[]): string =>
  times.map(({ file, seconds }) => `${file} (${seconds.toFixed(0)} s)`).join(', ');
