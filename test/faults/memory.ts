import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { LONGEST_WAIT_MS, MAX_GROWTH_BYTES, MAX_HELD_BYTES } from './bounds.ts';
import { memoryOf } from './environment.ts';
import type { World } from './world.ts';

const MEGABYTE = 1024 * 1024;
const LOOK_MS = 50;

/** Resident memory of the largest server after a garbage collection, and its retained heap, bytes. */
type Weight = { readonly taken: number; readonly held: number };

/** Measures the memory of all servers, which are up. A restarted server counts with its first warm value. */
export async function weigh({ environment, ledger }: World): Promise<Weight> {
  const pids = environment.servers.flatMap(({ pid }) => pid ?? []);
  const held = await ledger.inTime(
    'the servers to collect their garbage',
    Promise.all(pids.map((pid) => heldBy(pid, environment.dataDir))),
  );
  const taken = await Promise.all(pids.map(memoryOf));
  return { taken: Math.max(...taken), held: Math.max(...held) };
}

/**
 * Measures until the servers hold no more than they may, compared with `warm`: a busy machine ends compressions and closes sockets late. Resolves to the
 * last measurement when that takes longer than LONGEST_WAIT_MS, as it does for memory that is never let go.
 */
export async function weighAtRest(world: World, warm: Weight): Promise<Weight> {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const weight = await weigh(world);
    if (weight.held < warm.held + MAX_HELD_BYTES || performance.now() > until) return weight;
  }
}

/** See server.ts. */
async function heldBy(pid: number, dataDir: string): Promise<number> {
  const file = join(dataDir, `held-${pid}`);
  process.kill(pid, 'SIGWINCH');
  for await (const _ of every(LOOK_MS)) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    await rm(file);
    return Number(text);
  }
  throw new Error('the clock stands still');
}

/** After all clients have left, the retained heap is about that of the warm server. The resident memory shrinks more slowly. */
export function hasLetGo({ ledger }: World, warm: Weight, last: Weight): void {
  for (const [when, { taken, held }] of Object.entries({ 'when warm': warm, 'at the end': last })) {
    ledger.most(`memory taken ${when}, MB`, taken / MEGABYTE);
    ledger.most(`memory held ${when}, MB`, held / MEGABYTE);
  }
  const said = `${JSON.stringify(last)} at the end, ${JSON.stringify(warm)} when it was warm`;
  ledger.expect(last.taken < warm.taken + MAX_GROWTH_BYTES, () => `a server took too much memory: ${said}`);
  ledger.expect(last.held < warm.held + MAX_HELD_BYTES, () => `a server holds on to memory: ${said}`);
}
