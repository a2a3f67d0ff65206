import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Load, type Site, startBare, startLoad, startParley } from './lab.ts';
import { cpuSeconds } from './machine.ts';
import { median, quantile, type Report } from './report.ts';

const TEXT = 'x'.repeat(300);

/** Durable posting through HTTP, nobody listening. */
export async function posts(report: Report, isQuick: boolean): Promise<void> {
  report.head('Posts through HTTP, durable before the answer (SQLite, synchronous=FULL)');
  const load = await startLoad();
  const forMs = isQuick ? 2000 : 5000;
  const bare = await startBare();
  await measure(report, load, bare, { rooms: 1, connections: 64, forMs });
  await bare.stop();
  const parley = await startParley({ rooms: 200 });
  await measure(report, load, parley, { rooms: 1, connections: 64, forMs, aim: 10_000 });
  await measure(report, load, parley, { rooms: 200, connections: 64, forMs, aim: 5_000 });
  const alone = await measure(report, load, parley, { rooms: 1, connections: 1, forMs });
  const append = fsyncedAppendMs();
  report.row({ what: 'a bare append of 500 bytes with fdatasync, p50', figure: append, unit: 'ms' });
  report.row({ what: 'p50 at 1 connection, as a ratio to it', figure: alone / append, aim: 2, better: 'less' });
  await parley.stop();
  await load.stop();
}

type Shape = { readonly rooms: number; readonly connections: number; readonly forMs: number; readonly aim?: number };

/** Resolves to the p50 in ms. */
async function measure(report: Report, load: Load, site: Site, { rooms, connections, forMs, aim }: Shape): Promise<number> {
  const paths = Array.from({ length: rooms }, (_, room) => site.postPath(room));
  const plan = { target: site.posts, paths, body: site.body(TEXT), connections, audience: 0 };
  await load.ask({ do: 'post', plan: { ...plan, forMs: 1000 } });
  const before = cpuSeconds(site.pids());
  const { posted } = await load.ask({ do: 'post', plan: { ...plan, forMs } });
  const cpu = cpuSeconds(site.pids()) - before;
  if (!posted) throw new Error('nothing was posted');
  const perSecond = posted.messages / (posted.ms / 1000);
  const note = `${Math.round((cpu * 1e6) / posted.messages)} µs of CPU each; p50 ${quantile(posted.latencies, 0.5).toFixed(2)} ms, p99 ${quantile(posted.latencies, 0.99).toFixed(2)} ms`;
  const what = `${site.name}, ${rooms} ${rooms === 1 ? 'group' : 'groups'}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  report.row({ what, figure: perSecond, unit: 'posts/s', ...(aim === undefined ? {} : { aim }), note });
  return quantile(posted.latencies, 0.5);
}

/** Where Parley's file would be, from this process: what the disk costs with nothing around it. */
function fsyncedAppendMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const file = openSync(join(folder, 'log'), 'a');
  const times = Array.from({ length: 1000 }, () => {
    const startedAt = performance.now();
    writeSync(file, 'x'.repeat(500));
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return median(times);
}
