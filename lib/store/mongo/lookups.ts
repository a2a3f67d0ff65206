import { inBatches } from './batches.ts';

/** Some servers compare each document with each requested key. */
const LIMITS = { together: 32, underWay: 4 };

type LookUp<Key, Row, Found> = {
  /** Finds the documents with any of the keys. */
  readonly find: (keys: Key[]) => Promise<Row[]>;
  /** The keys that a document has. */
  readonly keysOf: (row: Row) => readonly Key[];
  /** Maps a document to a result. */
  readonly read: (row: Row) => Found;
  readonly timeoutMs: number;
};

/** Finds single documents by key; concurrent lookups share one query. Errors: StoreUnavailable. */
export function lookedUp<Key, Row, Found>({ find, keysOf, read, timeoutMs }: LookUp<Key, Row, Found>) {
  const findAll = async (keys: readonly Key[]): Promise<(Found | undefined)[]> => {
    const rows = await find([...new Set(keys)]);
    const byKey = new Map(rows.flatMap((row) => keysOf(row).map((key) => [key, row])));
    return keys.map((key) => {
      const row = byKey.get(key);
      return row && read(row);
    });
  };
  return inBatches(findAll, { ...LIMITS, timeoutMs });
}
