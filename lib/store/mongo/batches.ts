import { coalesce } from '../../coalesce.ts';
import { runOutsideRequest } from '../../request-scope.ts';
import { tooLate } from './faults.ts';
import { answer } from './timeout.ts';

/** How many items may go as one command, how many commands may be under way, and how long an item may wait for its own to begin, and that for its answer. */
type Limits = { readonly together: number; readonly underWay: number; readonly timeoutMs: number };

type Waiting<In, Out> = { readonly item: In; readonly since: number; resolve(out: Out): void; reject(error: unknown): void };

/**
 * Lets what is asked for in one turn of the event loop, and while others are under way, go as one command: each command costs the driver and the
 * server more than what it is about. A lone item waits for the rest of its turn only.
 * `work` resolves to one result for each item, in their order, or rejects for all of them; what it is asked begins after the item was given.
 * Rejects with StoreUnavailable when the server is away or the time is up; what had to wait so long is not asked any more.
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
      await settle(batch.filter(isInTime), work, limits.timeoutMs);
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
      if (underWay < limits.underWay) void runOutsideRequest(run); // it goes on with what other requests ask
    });
}

type Work<In, Out> = (items: readonly In[]) => Promise<readonly Out[]>;

async function settle<In, Out>(batch: readonly Waiting<In, Out>[], work: Work<In, Out>, timeoutMs: number): Promise<void> {
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
