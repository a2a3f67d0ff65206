import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { MAX_GROWTH_BYTES, MAX_HELD_BYTES } from './bounds.ts';
import { memoryOf } from './stage.ts';
import type { World } from './world.ts';

const MEGABYTE = 1024 * 1024;
const LOOK_MS = 50;

/** What the heaviest server takes of the machine once its garbage is collected (V8 lets much of it gather where memory is plenty), and what it holds of that, bytes. */
export type Weight = { readonly taken: number; readonly held: number };

/** Weighs the servers, all of which are up. One that was started again in between weighs what it did when it was first warm. */
export async function weigh({ stage, ledger }: World): Promise<Weight> {
  const pids = stage.servers.flatMap(({ pid }) => pid ?? []);
  const held = await ledger.inTime('the servers to collect their garbage', Promise.all(pids.map((pid) => heldBy(pid, stage.dataDir))));
  const taken = await Promise.all(pids.map(memoryOf));
  return { taken: Math.max(...taken), held: Math.max(...held) };
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

/** Once everybody has left, the servers hold about what they held when they were warm. What they take of the machine shrinks more slowly. */
export function hasLetGo({ ledger }: World, warm: Weight, last: Weight): void {
  for (const [when, { taken, held }] of Object.entries({ 'when warm': warm, 'at the end': last })) {
    ledger.most(`memory taken ${when}, MB`, taken / MEGABYTE);
    ledger.most(`memory held ${when}, MB`, held / MEGABYTE);
  }
  const said = `${JSON.stringify(last)} at the end, ${JSON.stringify(warm)} when it was warm`;
  ledger.expect(last.taken < warm.taken + MAX_GROWTH_BYTES, () => `a server took too much memory: ${said}`);
  ledger.expect(last.held < warm.held + MAX_HELD_BYTES, () => `a server holds on to memory: ${said}`);
}
