import type { Decide } from '../core.ts';
import type { Draft, Entry } from './entry.ts';

/** A draft that waits to be written. */
export type Pending = {
  readonly draft: Draft;
  readonly decide: Decide | undefined;
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: unknown) => void;
  /** The rules were checked when the log had this seq; undefined: not checked yet. */
  decidedAt: number | undefined;
  /** An attempt was not answered: the draft may be in the log, so it must not be reported as refused. */
  isUncertain: boolean;
  /** Resolved or rejected: it is not written again. */
  isSettled: boolean;
};

export const isOpen = ({ isSettled }: Pending): boolean => !isSettled;

/** Resolves a draft whose entry is in the log. Without one of the two nothing happens. */
export function succeed(pending: Pending | undefined, entry: Entry | undefined): void {
  if (!pending || !entry) return;
  pending.isSettled = true;
  pending.resolve(entry);
}

export function rejectPending(pending: Pending, error: unknown): void {
  pending.isSettled = true;
  pending.reject(error);
}
