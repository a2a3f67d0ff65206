/*
 * A server in a process of its own, which says how long it was busy at a stretch: between two ticks of a timer of 1 ms, all other requests wait.
 * Started by fork(); see measured.ts.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openGroup } from '../../lib/groups/operations.ts';
import { newUid, systemRandom } from '../../lib/ids.ts';
import type { Draft } from '../../lib/log/entry.ts';
import { edit, react } from '../../lib/messages/operations.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { startServer } from '../helpers/server.ts';
import { numbers } from '../helpers/site.ts';
import { heavyBodies, SHAPES } from './heavy-shapes.ts';
import type { Measured, Order, Seed } from './measured.ts';

const site = await startServer({ env: { POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0' } });
const [ann, bob] = [await site.signUp('Ann'), await site.signUpInLobby('Bob')];

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let [longest, last, base, most] = [0, process.threadCpuUsage(), 0, 0];
let memory = (): number => process.memoryUsage.rss();

/** How often garbage is collected, so that what is in use is seen: ms. */
const COLLECT_EVERY_MS = 100;
let collectedAt = 0;

/** The memory in use, as of the last collection: resident memory has the garbage that V8 lets gather where memory is plenty. */
function inUse(): number {
  if (performance.now() - collectedAt < COLLECT_EVERY_MS) return 0;
  globalThis.gc?.();
  collectedAt = performance.now();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** CPU of this thread alone: what runs beside it on the machine has no part in it. */
function tick(): void {
  const { user, system } = process.threadCpuUsage(last);
  longest = Math.max(longest, (user + system) / 1000);
  last = process.threadCpuUsage();
  most = Math.max(most, memory());
  setTimeout(tick, 1);
}
tick();

function begin(measure: () => number): void {
  globalThis.gc?.();
  collectedAt = 0;
  memory = measure;
  [longest, last] = [0, process.threadCpuUsage()];
  delay.reset();
  base = memory();
  most = base;
}

const end = (): Measured => ({ cpuMs: longest, delayMs: delay.max / 1e6, mib: (most - base) / 1024 / 1024 });

async function seed({ group, count, shape, edits = 0, reactions = 0 }: Seed): Promise<number> {
  const [{ id }, author, other] = [await groupAt(site.core, group), await userNamed(site.core, 'Ann'), await userNamed(site.core, 'Bob')];
  const append = (draft: object) =>
    site.core.appender.append(id, { author: author.id, uid: newUid(systemRandom), ...draft } as unknown as Draft);
  const shapes =
    shape === 'light'
      ? [{ name: '', format: 'markdown' as const, body: 'needle **light**' }]
      : SHAPES.filter(({ name }) => shape === undefined || name === shape);
  const mentions = [author.id, other.id];
  const posted = (
    await inBatches(heavyBodies(count, shapes, group), ({ body, format }) => append({ kind: 'message', body, format, mentions }))
  ).map(({ seq }) => seq);
  await inBatches(posted, async (target) => {
    const at = await openGroup(site.core, author, group);
    for (const { body, format } of heavyBodies(edits, shapes)) await edit(site.core, at, target, body, { format });
    for (const n of numbers(1, reactions)) await react(site.core, at, target, `r${n}`, true);
  });
  return Math.min(...posted);
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += 10) done.push(...(await Promise.all(items.slice(at, at + 10).map(work))));
  return done;
}

process.on('message', async (order: Order) => {
  if (order === 'begin') begin(() => process.memoryUsage.rss());
  else if (order === 'begin collecting') begin(inUse);
  else return process.send?.(order === 'end' ? end() : await seed(order));
  return process.send?.(null);
});
process.on('disconnect', () => void site.close().finally(() => process.exit()));
process.send?.({ url: site.url, ann: ann.cookieHeader, bob: bob.cookieHeader });
