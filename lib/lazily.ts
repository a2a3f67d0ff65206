/** Something that is loaded when it is first needed. */
export type Lazily<T> = {
  /** Loads at the first call; again at the next one when that failed, as without a free file handle. */
  readonly open: () => Promise<T>;
  /** What `open` has loaded. */
  readonly opened: () => T | undefined;
  /** Resolves when nothing is being loaded. */
  readonly settled: () => Promise<unknown>;
};

/** Loads with `load`, at most once at a time, and once if it succeeds. */
export function lazily<T>(load: () => Promise<T>): Lazily<T> {
  let loading: Promise<T> | undefined;
  let opened: T | undefined;
  const open = (): Promise<T> => {
    loading ??= load().then(
      (loaded) => {
        opened = loaded;
        return loaded;
      },
      (error) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  return { open, opened: () => opened, settled: async () => loading?.catch(() => {}) };
}
