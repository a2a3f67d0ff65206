import type { Out } from './out.ts';

export type Progress = {
  /** `count`: bytes, or what the unit names, done so far of what `verb` names. */
  show(verb: string, count: number): void;
  /** The count shown last (named `bytes`), and the seconds since the start. */
  end(): { readonly bytes: number; readonly seconds: number };
};

const EVERY_MS = 1000;

/**
 * Writes a line per second on standard error, so that a long command shows that it is at work: in megabytes, or in `unit`. With --json nothing is
 * written.
 */
export function openProgress({ json }: Pick<Out, 'json'>, unit?: string): Progress {
  const began = performance.now();
  let shown = began;
  let last = 0;
  return {
    show(verb, count) {
      last = count;
      const now = performance.now();
      if (json || now - shown < EVERY_MS) return;
      shown = now;
      const perSecond = count / ((now - began) / 1000);
      process.stderr.write(
        unit === undefined ? inBytes(verb, count, perSecond) : `${count} ${unit} ${verb}, ${perSecond.toFixed(0)} a second\n`,
      );
    },
    end: () => ({ bytes: last, seconds: Math.round(performance.now() - began) / 1000 }),
  };
}

const inBytes = (verb: string, bytes: number, perSecond: number): string =>
  `${(bytes / 1e6).toFixed(0)} MB ${verb}, ${(perSecond / 1e6).toFixed(0)} MB/s\n`;
