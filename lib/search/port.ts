import type { GroupId } from '../ids.ts';

/** The version of the rules of terms.ts. All groups are reindexed in the background after an increase. Not in that file, whose expressions take long to compile. */
export const TERMS_VERSION = 1;

/** Number of seqs in a slice of a log. It bounds the cost of one read, whatever the length of the log. */
export const SLICE = 2 ** 18;

/** The part of a group's log with the seqs from `slice` × SLICE on. */
export type Slice = { readonly group: GroupId; readonly slice: number };

export const sliceOf = (seq: number): number => Math.floor(seq / SLICE);

/**
 * The index record of a message: distinct terms of letters, digits and marks in any order, and two that no text contains: `@<user id>` for the
 * author, `*` for every message. An erased message has none. `rev`: the last seq folded into it.
 */
export type Indexed = { readonly seq: number; readonly rev: number; readonly at: number; readonly terms: readonly string[] };

/** The position of a message in the order of all messages of all groups. */
export type MessagePosition = { readonly at: number; readonly group: GroupId; readonly seq: number };

/** Comparator, newest first: by time, then group, then seq; a total order. */
export function byNewest(a: MessagePosition, b: MessagePosition): number {
  if (a.at !== b.at) return b.at - a.at;
  if (a.group !== b.group) return a.group < b.group ? 1 : -1;
  return b.seq - a.seq;
}

/** A filter by terms. At least one of `all`, `prefixes` and `any` is not empty. */
export type TermFilter = {
  readonly all: readonly string[];
  /** The message has a term with each of these prefixes. */
  readonly prefixes: readonly string[];
  /** The message has at least one of these terms; empty: no condition. */
  readonly any: readonly string[];
  readonly none: readonly string[];
  readonly nonePrefixes: readonly string[];
};

export type FindQuery = TermFilter & {
  readonly slices: readonly Slice[];
  /** Only messages at or after this time (ms). */
  readonly from?: number | undefined;
  /** Only messages before this time (ms). */
  readonly to?: number | undefined;
  /** Only messages after this position, newest first. */
  readonly behind?: MessagePosition | undefined;
  /** 1 or more. */
  readonly limit: number;
};

/**
 * The search index. It follows the logs and may lag: a record is the state at `rev`, so callers check each hit against the message itself.
 */
export type SearchStore = {
  /** Per group, the seq up to which its log is indexed; without groups that have no position. `version`: version of the term rules. */
  positions(groups: readonly GroupId[], version: number): Promise<Map<GroupId, number>>;
  /**
   * Replaces the terms of each message, unless a higher `rev` of it is stored; then moves the position to `upto`, only forward.
   * Idempotent, and safe when called concurrently. Replaced terms are removed from the store.
   */
  put(group: GroupId, messages: readonly Indexed[], reached?: { readonly upto: number; readonly version: number }): Promise<void>;
  /** The newest `limit` matching messages in these slices, newest first. The cost is bounded by the size of the slices. */
  find(query: FindQuery): Promise<MessagePosition[]>;
};
