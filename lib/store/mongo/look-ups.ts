import { inBatches } from './batches.ts';

/** Some servers compare each document with each key that was asked for. */
const LOOK_UPS = { together: 32, underWay: 4 };

/**
 * Finds single documents by key: those looked for at once as one question. `find` asks for the documents with any of the keys; `keysOf` says which
 * a document has.
 */
export function lookedUp<Key, Row>(
  find: (keys: readonly Key[]) => Promise<readonly Row[]>,
  keysOf: (row: Row) => readonly Key[],
  timeoutMs: number,
): (key: Key) => Promise<Row | undefined> {
  return inBatches(
    async (keys: readonly Key[]) => {
      const rows = await find([...new Set(keys)]);
      const byKey = new Map(rows.flatMap((row) => keysOf(row).map((key) => [key, row])));
      return keys.map((key) => byKey.get(key));
    },
    { ...LOOK_UPS, timeoutMs },
  );
}

export const mapped = <A, B>(value: A | undefined, map: (value: A) => B): B | undefined => (value === undefined ? undefined : map(value));
