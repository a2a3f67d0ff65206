/** The process that generates the load: it holds the client connections and receives its orders over IPC. */
import { type PacePlan, pace } from './pacer.ts';
import { type Posted, Poster, type PostPlan } from './poster.ts';
import { Streams } from './streams.ts';
import type { Target } from './wire.ts';

export type Order =
  | { readonly do: 'open'; readonly target: Target; readonly paths: readonly string[]; readonly storm?: boolean; readonly expect?: number }
  | { readonly do: 'post'; readonly plan: PostPlan }
  | { readonly do: 'pace'; readonly plan: PacePlan }
  | { readonly do: 'await'; readonly delivered: number }
  | { readonly do: 'stall' | 'close' | 'counts' };
export type Answer = {
  readonly ms: number;
  readonly posted?: Posted;
  readonly counts?: readonly number[];
  readonly open?: number;
  /** ms, sorted. */
  readonly latencies?: readonly number[];
};

const streams = new Streams();

async function execute(order: Order): Promise<Omit<Answer, 'ms'>> {
  switch (order.do) {
    case 'open':
      await streams.openAll(order.target, order.paths, order.storm);
      await streams.until(order.expect ?? 0);
      return {};
    case 'post':
      return { posted: await new Poster(order.plan, streams).run() };
    case 'pace':
      return { latencies: await pace(order.plan) };
    case 'await':
      await streams.until(order.delivered);
      return {};
    case 'stall':
      streams.stall();
      return {};
    case 'counts':
      return { counts: streams.counts(), open: streams.open };
    case 'close':
      await streams.close();
      return {};
    default:
      throw order satisfies never;
  }
}

process.on('message', (order: Order) => {
  const startedAt = performance.now();
  execute(order).then(
    (answer) => process.send?.({ ...answer, ms: performance.now() - startedAt }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
