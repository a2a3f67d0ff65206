import cluster, { type Worker } from 'node:cluster';
import { unavailable } from '../errors.ts';
import { merge, type Snapshot } from './exposition.ts';
import type { Family } from './families.ts';

/*
 * A scrape reaches one of several workers. It asks the primary (`want`), which asks every worker (`tell`), collects their responses (`told`) and
 * sends all of them back (`all`). The last counters of a dead worker are kept, so that sums never decrease.
 */
type Message =
  | { readonly metrics: 'want' | 'tell'; readonly round: string }
  | { readonly metrics: 'told'; readonly round: string; readonly families: readonly Family[] }
  | { readonly metrics: 'all'; readonly round: string; readonly snapshots: readonly (readonly Family[])[] };

/** For a worker that does not respond in time its previous snapshot counts; without it, sums would drop and jump back. */
const TOLD_WITHIN_MS = 4000;
const ALL_WITHIN_MS = 5000;

/** The snapshots of all processes of this server. Rejects with `unavailable` if a process has never responded. */
export function openSnapshots(snapshot: Snapshot): () => Promise<readonly (readonly Family[])[]> {
  if (!cluster.isWorker) return async () => [await snapshot()];
  const waiting = new Map<string, (snapshots: readonly (readonly Family[])[]) => void>();
  process.on('message', (message) => {
    if (!isOurs(message)) return;
    if (message.metrics === 'tell') void snapshot().then((families) => send({ metrics: 'told', round: message.round, families }));
    if (message.metrics === 'all') waiting.get(message.round)?.(message.snapshots);
  });
  let rounds = 0;
  return () => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly (readonly Family[])[]>();
    rounds += 1;
    const round = `${process.pid}-${rounds}`;
    const timer = setTimeout(() => reject(unavailable('The other processes of this server do not answer.')), ALL_WITHIN_MS);
    waiting.set(round, resolve);
    send({ metrics: 'want', round });
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(round);
    });
  };
}

/** Ignores errors: the receiver has exited, or this process is about to. */
function send(message: Message, to: Pick<NodeJS.Process, 'send'> | Worker = process): void {
  to.send?.(message, undefined, undefined, () => {});
}

/** In the primary process: collects the snapshots of the workers for each scrape. */
export function shareMetrics(): void {
  const listening = new Set<Worker>();
  const last = new Map<Worker, readonly Family[]>();
  const rounds = new Map<string, { readonly missing: Set<Worker>; readonly done: () => void }>();
  let ofTheDead: Promise<readonly Family[]> = Promise.resolve([]);

  const noteTold = (worker: Worker, round: string): void => {
    const open = rounds.get(round);
    if (open?.missing.delete(worker) && open.missing.size === 0) open.done();
  };
  const gather = async (round: string, asker: Worker): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const missing = new Set(listening);
    rounds.set(round, { missing, done: resolve });
    const timer = setTimeout(resolve, TOLD_WITHIN_MS);
    for (const worker of listening) send({ metrics: 'tell', round }, worker);
    await promise;
    clearTimeout(timer);
    rounds.delete(round);
    const isComplete = [...missing].every((worker) => last.has(worker));
    if (isComplete) send({ metrics: 'all', round, snapshots: [...last.values(), await ofTheDead] }, asker);
  };
  cluster.on('message', (worker, message) => {
    if (!isOurs(message)) return;
    if (message.metrics === 'want') void gather(message.round, worker);
    if (message.metrics !== 'told' || worker.isDead()) return;
    last.set(worker, message.families);
    noteTold(worker, message.round);
  });
  cluster.on('listening', (worker) => listening.add(worker));
  cluster.on('exit', (worker) => {
    listening.delete(worker);
    const counted = (last.get(worker) ?? []).filter(({ type }) => type === 'counter' || type === 'histogram');
    last.delete(worker);
    if (counted.length > 0) ofTheDead = ofTheDead.then((before) => merge([before, counted]));
    for (const round of [...rounds.keys()]) noteTold(worker, round);
  });
}

const isOurs = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && 'metrics' in message && 'round' in message;
