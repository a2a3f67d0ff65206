import type { GroupId } from '../ids.ts';

/** So many seqs of a log are searched as one. It bounds what one look costs, however long the log is. */
export const SLICE = 2 ** 18;

/** The part of a group's log with the seqs from `slice` × SLICE on. */
export type Slice = { readonly group: GroupId; readonly slice: number };

export const sliceOf = (seq: number): number => Math.floor(seq / SLICE);

/**
 * What a message can be found by: distinct terms of letters, digits and marks in any order, and two that no text has: `@<user id>` for the author,
 * `*` for every message. A message that is gone has none. `rev`: the last seq that was folded into it.
 */
export type Indexed = { readonly seq: number; readonly rev: number; readonly at: number; readonly terms: readonly string[] };

/** Where a message stands among all groups' messages. */
export type MessagePosition = { readonly at: number; readonly group: GroupId; readonly seq: number };

/** For sorting, newest first: by time, then group, then seq, so that every two have an order. */
export function byNewest(a: MessagePosition, b: MessagePosition): number {
  if (a.at !== b.at) return b.at - a.at;
  if (a.group !== b.group) return a.group < b.group ? 1 : -1;
  return b.seq - a.seq;
}

/** What is looked for: messages with all of these terms, and of each list of `any` one, and none of those. At least one of `all`, `prefixes` and `any` is not empty. */
export type TermFilter = {
  readonly all: readonly string[];
  /** For each of these a term that begins so. */
  readonly prefixes: readonly string[];
  /** One of these, unless it is empty. */
  readonly any: readonly string[];
  readonly none: readonly string[];
  readonly nonePrefixes: readonly string[];
};

export type FindQuery = TermFilter & {
  readonly slices: readonly Slice[];
  /** Not before this moment (ms). */
  readonly from?: number | undefined;
  /** Before this moment (ms). */
  readonly to?: number | undefined;
  /** Only those that stand behind this one, newest first. */
  readonly behind?: MessagePosition | undefined;
  /** 1 or more. */
  readonly limit: number;
};

/**
 * The index of all words. It follows the logs: what it says of a message is the state at `rev`, and it may lag, so that whoever asks compares
 * what is found with the message itself.
 */
export type SearchStore = {
  /** How far each group's log is indexed (seq); groups of which nothing is are left out. `version`: of the rules by which terms are made. */
  positions(groups: readonly GroupId[], version: number): Promise<Map<GroupId, number>>;
  /**
   * Replaces the terms of each message, unless a later `rev` of it is stored; then moves the position to `upto`, only forward.
   * Repeats harmlessly, and several may do it at once. What was replaced is nowhere in the store any more.
   */
  put(group: GroupId, messages: readonly Indexed[], reached?: { readonly upto: number; readonly version: number }): Promise<void>;
  /** The newest `limit` messages in these slices, newest first. The work is bounded by the length of the slices. */
  find(look: FindQuery): Promise<MessagePosition[]>;
};
