import { coalesce } from '../../coalesce.ts';
import { runOutsideRequest } from '../../request-scope.ts';
import { tooLate } from './faults.ts';
import { answer } from './timeout.ts';

/** Maximum items per command, maximum commands under way, how long an item may wait for its command to begin, and how long for the response. */
type Limits = { readonly together: number; readonly underWay: number; readonly timeoutMs: number };

type Waiting<In, Out> = { readonly item: In; readonly since: number; resolve(out: Out): void; reject(error: unknown): void };

/**
 * Combines items of one turn of the event loop, and items that arrive while commands are under way, into one command: a command costs driver and
 * server more than its content. A single item waits only for the end of the turn.
 * `work` resolves to one result for each item, in their order, or rejects for all; it starts after the item was queued.
 * Rejects with StoreUnavailable when the server is away or the time is up; an item that waited too long is dropped.
 */
export function inBatches<In, Out>(work: Work<In, Out>, limits: Limits): (item: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = [];
  let underWay = 0;

  async function run(): Promise<void> {
    underWay += 1;
    await coalesce(() => waiting.length);
    while (waiting.length > 0) {
      const batch = waiting.slice(0, limits.together);
      waiting = waiting.slice(limits.together);
      await resolveBatch(batch.filter(isInTime), work, limits.timeoutMs);
    }
    underWay -= 1;
  }

  const isInTime = ({ since, reject }: Waiting<In, Out>): boolean => {
    const isLate = performance.now() - since > limits.timeoutMs;
    if (isLate) reject(tooLate(limits.timeoutMs));
    return !isLate;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, since: performance.now(), resolve, reject });
      if (underWay < limits.underWay) void runOutsideRequest(run); // it continues with items of other requests
    });
}

type Work<In, Out> = (items: readonly In[]) => Promise<readonly Out[]>;

async function resolveBatch<In, Out>(batch: readonly Waiting<In, Out>[], work: Work<In, Out>, timeoutMs: number): Promise<void> {
  if (batch.length === 0) return;
  try {
    const results = await answer(() => work(batch.map(({ item }) => item)), timeoutMs);
    batch.forEach(({ resolve }, index) => {
      resolve(results[index] as Out);
    });
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

/** Some servers compare each document with each requested key. */
const LOOKUP_LIMITS = { together: 32, underWay: 4 };

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
  return inBatches(findAll, { ...LOOKUP_LIMITS, timeoutMs });
}
