import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { Client } from '../helpers/client.ts';

/**
 * `cpuMs`: the longest time (CPU) that the server's thread worked at a stretch, so that all other requests waited. `delayMs`: the longest delay of its
 * event loop. `mib`: the growth of its resident memory, at its highest.
 */
export type Measured = { readonly cpuMs: number; readonly delayMs: number; readonly mib: number };

/** Messages to append to a group, by Ann. `shape`: the name of one, `light`; absent: all in turn. `edits`, `reactions`: of each message. */
export type Seed = {
  readonly group: string;
  readonly count: number;
  readonly shape?: string;
  readonly edits?: number;
  readonly reactions?: number;
};
export type Order = Seed | 'begin' | 'begin collecting' | 'end';

export type MeasuredServer = {
  readonly ann: Client;
  readonly bob: Client;
  /** Resolves to the seq of the first message. */
  seed(messages: Seed): Promise<number>;
  /** What the server's thread and memory did during some work. */
  measure(work: () => Promise<unknown>): Promise<Measured>;
  /** The growth of the memory in use during some work, MiB. Garbage is collected ten times a second meanwhile. */
  growth(work: () => Promise<unknown>): Promise<number>;
};

/** A server with Ann and Bob in Lobby, in a process of its own that ends with the test. */
export async function startMeasured(t: Pick<ExecutionContext, 'teardown'>): Promise<MeasuredServer> {
  const child = fork(fileURLToPath(new URL('./measured-server.ts', import.meta.url)), [], { execArgv: ['--expose-gc', '--no-warnings'] });
  t.teardown(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });
  const { url, ann, bob } = (await answerOf(child)) as { url: string; ann: string; bob: string };
  const ask = async (order: Order): Promise<unknown> => {
    const answer = answerOf(child);
    child.send(order);
    return answer;
  };
  const during = async (begin: Order, work: () => Promise<unknown>): Promise<Measured> => {
    await ask(begin);
    await work();
    return (await ask('end')) as Measured;
  };
  return {
    ann: new Client(url, { Cookie: ann }),
    bob: new Client(url, { Cookie: bob }),
    seed: async (messages) => Number(await ask(messages)),
    measure: (work) => during('begin', work),
    growth: async (work) => (await during('begin collecting', work)).mib,
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [message] = await once(child, 'message');
  return message;
}
