import type { GroupId } from '../../ids.ts';
import {
  byNewest,
  type FindQuery,
  type Indexed,
  type MessagePosition,
  type SearchStore,
  SLICE,
  type Slice,
  sliceOf,
} from '../../search/port.ts';
import type { Connection } from './connection.ts';
import type { WritesOf } from './writing/remote.ts';

const NUMBER = 'SELECT number FROM groups WHERE id = ?';
const REV = 'SELECT rev FROM search WHERE rowid = ?';
const INSERT = 'INSERT INTO search (terms, rev, at, rowid) VALUES (?, ?, ?, ?)';
const REPLACE = 'UPDATE search SET terms = ?, rev = ?, at = ? WHERE rowid = ?';
const MOVE = `INSERT INTO search_positions (group_id, version, seq) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)`;
const POSITIONS = 'SELECT group_id AS id, seq FROM search_positions WHERE version = ? AND group_id IN (SELECT value FROM json_each(?))';
const AT = 'SELECT at FROM entries WHERE group_id = ? AND seq = ?';
const LAST = 'SELECT max(seq) AS seq FROM entries WHERE group_id = ?';
const FIND = 'SELECT rowid AS id, at FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?';

type Reached = { readonly upto: number; readonly version: number };

/** The rowid of a message is its group's number times this, plus its seq: exact in a JavaScript number up to group 900,000. */
const SEQS = 10_000_000_000;

/** The first and the last rowid of a group's messages. */
export const searchRows = (number: number): readonly [number, number] => [number * SEQS, (number + 1) * SEQS - 1];

/**
 * Every term is stored as `<group number>-<slice>.<term>`, so that a group's words are adjacent and the size of one group does not affect how long
 * a search in another takes. Words are separated by one space; FTS5 uses them as they are (see the tokenizer in schema.ts).
 */
const scopeOf = (number: number, slice: number): string => `${number.toString(36)}-${slice.toString(36)}.`;

const numberOf = (db: Connection, group: GroupId): number | undefined => db.one<{ number: number }>(NUMBER, group)?.number;

export function searchWrites(db: Connection) {
  function putOne(number: number, { seq, rev, at, terms }: Indexed): void {
    const id = number * SEQS + seq;
    const scope = scopeOf(number, sliceOf(seq));
    const stored = db.one<{ rev: number }>(REV, id);
    if (stored && stored.rev > rev) return;
    db.run(stored ? REPLACE : INSERT, terms.map((term) => scope + asWord(term)).join(' '), rev, at, id);
  }

  return {
    put(group: GroupId, messages: readonly Indexed[], reached?: Reached): void {
      const number = numberOf(db, group);
      if (number !== undefined) for (const message of messages) putOne(number, message);
      if (reached) db.run(MOVE, group, reached.version, reached.upto);
    },
  };
}

export function searchStore(db: Connection, writes: WritesOf<ReturnType<typeof searchWrites>>): SearchStore {
  /** The last seq up to `last` whose entry is older than `at`; times never fall within a log. */
  function lastBefore(group: GroupId, at: number, first: number, last: number): number {
    const isBefore = (seq: number): boolean => (db.one<{ at: number }>(AT, group, seq)?.at ?? Number.POSITIVE_INFINITY) < at;
    const end = Math.min(last, db.one<{ seq: number | null }>(LAST, group)?.seq ?? 0);
    if (end < first || isBefore(end)) return last;
    let [low, high] = [first - 1, end - 1];
    while (low < high) {
      const middle = low < first ? first : Math.ceil((low + high) / 2); // the first one first: often nothing is so old
      if (isBefore(middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Reads the messages of a slice that match, newest first, some at a time. */
  function readerOf(query: FindQuery, { group, slice }: Slice): (count: number) => MessagePosition[] {
    const number = numberOf(db, group);
    if (number === undefined) return () => [];
    const [start, end] = [Math.max(1, slice * SLICE), (slice + 1) * SLICE - 1];
    const tops = topsOf(query, group).map((top) => ('seq' in top ? Math.min(top.seq, end) : lastBefore(group, top.at, start, end)));
    const first = query.from === undefined ? start : lastBefore(group, query.from, start, end) + 1;
    const base = number * SEQS;
    const wanted = expression(query, scopeOf(number, slice));
    let last = Math.min(end, ...tops);
    return (count) => {
      if (first > last) return []; // else FTS5 would walk there
      const rows = db.all<{ id: number; at: number }>(FIND, wanted, base + first, base + last, count);
      last = (rows.at(-1)?.id ?? base) - base - 1;
      return rows.map(({ id, at }) => ({ at, group, seq: id - base }));
    };
  }

  return {
    positions: async (groups, version) =>
      new Map(db.all<{ id: GroupId; seq: number }>(POSITIONS, version, JSON.stringify(groups)).map(({ id, seq }) => [id, seq])),
    put: writes.put,
    find: async (query) =>
      newest(
        query.slices.map((slice) => readerOf(query, slice)),
        query.limit,
      ),
  };
}

/** The least that is read of a slice at a time. */
const LEAST = 4;

/**
 * The newest `limit` of what several readers read, each newest first. Of many slices each gives few: they are read a little at a time, and further only
 * where what is left may be newer than the last one found.
 */
function newest(readers: readonly ((count: number) => readonly MessagePosition[])[], limit: number): MessagePosition[] {
  let found: MessagePosition[] = [];
  let open = readers;
  for (let count = Math.max(LEAST, Math.ceil((2 * limit) / readers.length)); open.length > 0; count *= 2) {
    const size = Math.min(count, limit);
    const parts = open.map((read) => ({ read, places: read(size) }));
    found = [...found, ...parts.flatMap(({ places }) => places)].sort(byNewest).slice(0, limit);
    const border = found.length < limit ? undefined : found.at(-1);
    const mayGoOn = (places: readonly MessagePosition[]): boolean => {
      const oldest = places.at(-1);
      return oldest !== undefined && places.length === size && (!border || byNewest(oldest, border) < 0);
    };
    open = parts.filter(({ places }) => mayGoOn(places)).map(({ read }) => read);
  }
  return found;
}

/** Escapes characters that FTS5 does not treat as part of a word. */
const asWord = (term: string): string => term.replace(/[^\p{L}\p{N}\p{M}@*]/gu, '\ufffd');

/** The upper bound of a group's messages: a last seq, or a time. */
function topsOf({ to, behind }: FindQuery, group: GroupId): ({ readonly seq: number } | { readonly at: number })[] {
  const before = to === undefined ? [] : [{ at: to }];
  if (!behind) return before;
  if (group === behind.group) return [...before, { seq: behind.seq - 1 }];
  return [...before, { at: group < behind.group ? behind.at + 1 : behind.at }];
}

/** In the query language of FTS5 (https://www.sqlite.org/fts5.html#full_text_query_syntax), every term is quoted, so none is read as syntax. */
function expression({ all, prefixes, any, none, nonePrefixes }: FindQuery, scope: string): string {
  const quoted = (term: string): string => `"${scope}${asWord(term)}"`;
  const begun = (prefix: string): string => `${quoted(prefix)} *`;
  const oneOf = any.length === 0 ? [] : [`(${any.map(quoted).join(' OR ')})`];
  const wanted = [...all.map(quoted), ...prefixes.map(begun), ...oneOf].join(' AND ');
  const unwanted = [...none.map(quoted), ...nonePrefixes.map(begun)].join(' OR ');
  return unwanted === '' ? wanted : `(${wanted}) NOT (${unwanted})`;
}
