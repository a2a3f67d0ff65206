import { setTimeout as delay } from 'node:timers/promises';
import { dial, requestBytes, type Target, Wire } from './wire.ts';

/** Requests at a fixed rate over some connections, whatever the responses take. */
export type PacePlan = {
  readonly target: Target;
  /** Paths to request, in turn. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly perSecond: number;
  readonly forMs: number;
};

/** Resolves to the latencies in ms, sorted, each from the time at which the request was due: a late response delays those after it. */
export async function pace({ target, paths, connections, perSecond, forMs }: PacePlan): Promise<number[]> {
  const requests = paths.map((path) => requestBytes('GET', path, target));
  const wires = await Promise.all(Array.from({ length: connections }, async () => new Wire(await dial(target))));
  const latencies: number[] = [];
  const startedAt = performance.now();
  const total = Math.floor((forMs / 1000) * perSecond);
  let next = 0;
  const work = async (wire: Wire): Promise<void> => {
    for (let index = next; index < total; index = next) {
      next += 1;
      const due = startedAt + (index * 1000) / perSecond;
      if (due > performance.now()) await delay(due - performance.now());
      const status = await wire.send(requests[index % requests.length] ?? Buffer.alloc(0));
      if (status !== 200) throw new Error(`a request was answered ${status}`);
      latencies.push(performance.now() - due);
    }
    wire.close();
  };
  await Promise.all(wires.map(work));
  return latencies.sort((a, b) => a - b);
}
