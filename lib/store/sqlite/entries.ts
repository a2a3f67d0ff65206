import type { SQLInputValue } from 'node:sqlite';
import type { Entry, Folded } from '../../log/entry.ts';

/** The columns of a whole entry, as entryOf reads them. */
export const ENTRY_COLUMNS = 'group_id, seq, n, at, author, kind, uid, key, mac, target, due, rest, folded, body, pending, thread';

/** A row of `entries`. `rest` and `folded` are JSON; null stands for an absent field. */
export type EntryRow = {
  readonly group_id: string;
  readonly seq: number;
  readonly n: number;
  readonly at: number;
  readonly author: string;
  readonly kind: string;
  readonly uid: string;
  readonly key: string | null;
  readonly mac: string | null;
  readonly target: number | null;
  readonly due: number | null;
  readonly rest: string;
  readonly folded: string | null;
  readonly body: string | null;
  readonly pending: string | null;
  readonly thread: number | null;
};

/** Fields with a column of their own; all others go to `rest`. */
type Loose = {
  readonly target?: number;
  readonly thread?: number;
  readonly due?: number;
  readonly folded?: Folded;
  readonly body?: string;
};

/** The values of ENTRY_COLUMNS after `group_id`, in that order. */
export function valuesOf(entry: Entry): SQLInputValue[] {
  const { group: _, seq, n, at, author, kind, uid, key, mac, target, due, folded, body, pending, thread, ...rest }: Entry & Loose = entry;
  return [
    seq,
    n,
    at,
    author,
    kind,
    uid,
    key ?? null,
    mac ?? null,
    target ?? null,
    due ?? null,
    JSON.stringify(rest),
    folded === undefined ? null : JSON.stringify(folded),
    body ?? null,
    pending === undefined ? null : JSON.stringify(pending),
    thread ?? null,
  ];
}

/** The stored entry; absent fields stay absent. */
export function entryOf(row: EntryRow): Entry {
  const { group_id: group, seq, n, at, author, kind, uid, rest, folded, pending } = row;
  const entry: Record<string, unknown> = { group, seq, n, at, author, kind, uid, ...JSON.parse(rest) };
  for (const column of ['key', 'mac', 'target', 'due', 'body', 'thread'] as const) if (row[column] !== null) entry[column] = row[column];
  if (folded !== null) entry.folded = JSON.parse(folded);
  if (pending !== null) entry.pending = JSON.parse(pending);
  return entry as Entry;
}
