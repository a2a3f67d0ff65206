import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Load, type Site, startBare, startLoad, startParley } from './lab.ts';
import { cpuSeconds } from './machine.ts';
import { median, quantile, type Report } from './report.ts';

const TEXT = 'x'.repeat(300);

/** Durable posts over HTTP, without streams. */
export async function posts(report: Report, isQuick: boolean): Promise<void> {
  report.head('Posts over HTTP, durable before the response (SQLite, synchronous=FULL)');
  const load = await startLoad();
  const forMs = isQuick ? 2000 : 8000;
  const bare = await startBare();
  await measure(report, load, bare, { rooms: 1, connections: 64, forMs });
  await bare.stop();
  const parley = await startParley({ rooms: 200 });
  await measure(report, load, parley, { rooms: 1, connections: 64, forMs, aim: 10_000 });
  await measure(report, load, parley, { rooms: 200, connections: 64, forMs, aim: 5_000 });
  await alone(report, load, parley, forMs);
  await parley.stop();
  await load.stop();
}

type Shape = { readonly rooms: number; readonly connections: number; readonly forMs: number; readonly aim?: number };

async function measure(report: Report, load: Load, site: Site, { rooms, connections, forMs, aim }: Shape): Promise<void> {
  const { perSecond, cpuMicros, latencies } = await rateOf(load, site, { rooms, connections, forMs, warmMs: forMs });
  const note = `${Math.round(cpuMicros)} µs of CPU per post; p50 ${quantile(latencies, 0.5).toFixed(2)} ms, p99 ${quantile(latencies, 0.99).toFixed(2)} ms`;
  const what = `${site.name}, ${rooms} ${rooms === 1 ? 'group' : 'groups'}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  report.row({ what, figure: perSecond, unit: 'posts/s', ...(aim === undefined ? {} : { aim }), note });
}

/** Accepted posts per second, CPU per post in µs, and latencies in ms, sorted. */
export type Rate = { readonly perSecond: number; readonly cpuMicros: number; readonly latencies: readonly number[] };

type Run = { readonly rooms: number; readonly connections: number; readonly forMs: number; readonly warmMs: number };

/** Posts to the groups in turn, and measures after a warm-up. */
export async function rateOf(load: Load, site: Site, { rooms, connections, forMs, warmMs }: Run): Promise<Rate> {
  const paths = Array.from({ length: rooms }, (_, room) => site.postPath(room));
  const plan = { target: site.posts, paths, body: site.body(TEXT), connections, audience: 0 };
  await load.ask({ do: 'post', plan: { ...plan, forMs: warmMs } });
  const before = cpuSeconds(site.pids());
  const { posted } = await load.ask({ do: 'post', plan: { ...plan, forMs } });
  const cpu = cpuSeconds(site.pids()) - before;
  if (!posted) throw new Error('nothing was posted');
  return { perSecond: posted.messages / (posted.ms / 1000), cpuMicros: (cpu * 1e6) / posted.messages, latencies: posted.latencies };
}

/** One request at a time, compared with a bare server that appends each message to a file and waits for the disk. */
async function alone(report: Report, load: Load, parley: Site, forMs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const bare = await startBare({ file: join(folder, 'log') });
  const plan = (site: Site) => ({ target: site.posts, paths: [site.postPath(0)], body: site.body(TEXT), connections: 1, audience: 0 });
  const p50 = async (site: Site): Promise<number> => {
    const { posted } = await load.ask({ do: 'post', plan: { ...plan(site), forMs: forMs / 4 } });
    return quantile(posted?.latencies ?? [], 0.5);
  };
  const rounds: { readonly bare: number; readonly ours: number }[] = [];
  for (let i = 0; i < 5; i += 1) rounds.push({ bare: await p50(bare), ours: await p50(parley) });
  const note = `p50 ${median(rounds.map(({ ours }) => ours)).toFixed(2)} ms, bare server ${median(rounds.map((one) => one.bare)).toFixed(2)} ms`;
  const figure = median(rounds.map((one) => one.ours / one.bare));
  report.row({
    what: 'p50 with 1 connection, relative to a bare server that appends to a file with fdatasync',
    figure,
    aim: 2,
    better: 'less',
    note,
  });
  await bare.stop();
  rmSync(folder, { recursive: true, force: true });
}
