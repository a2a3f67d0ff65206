import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Load, type Site, startBare, startLoad, startParley } from './lab.ts';
import type { PostPlan } from './poster.ts';
import { median, quantile, type Report } from './report.ts';

const DELAY_MS = 5;
const LOCK_MS = 5000;
const POSTERS = 16;
const TEXT = 'x'.repeat(300);

/** Reads and posts on a disk that is slow to sync, like a small one in a cloud, and while another program has locked the file (SQLite). */
export async function fsync(report: Report, isQuick: boolean): Promise<void> {
  report.head(`Each fsync takes ${DELAY_MS} ms longer than this disk's (SQLite, synchronous=FULL)`);
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const library = join(folder, 'slow-fsync.so');
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'slow-fsync.c')]);
  const env = { LD_PRELOAD: library, FSYNC_DELAY_MS: String(DELAY_MS) };
  const [load, readers] = [await startLoad(), await startLoad()];
  const parley = await startParley({ rooms: POSTERS + 1, env });
  const bare = await startBare({ file: join(folder, 'log'), env });
  const forMs = isQuick ? 2000 : 8000;
  await onePoster(report, load, { parley, bare, forMs });
  for (const groups of [1, POSTERS]) await manyPosters(report, load, parley, { groups, forMs });
  await readsBesidePosters(report, { load, readers, parley, forMs });
  await bare.stop();
  await lockedFile(report, parley);
  await Promise.all([load.stop(), readers.stop()]);
  await parley.stop();
  rmSync(folder, { recursive: true, force: true });
}

const planOf = (site: Site, groups: number, connections: number): PostPlan => ({
  target: site.posts,
  paths: Array.from({ length: groups }, (_, group) => site.postPath(group)),
  body: site.body(TEXT),
  connections,
  audience: 0,
});

/** Requests per second and their latencies in ms, sorted. */
async function rate(load: Load, plan: PostPlan): Promise<{ perSecond: number; p50: number; p99: number }> {
  const { posted } = await load.ask({ do: 'post', plan });
  if (!posted) throw new Error('nothing was posted');
  const [p50, p99] = [0.5, 0.99].map((q) => quantile(posted.latencies, q));
  return { perSecond: posted.messages / (posted.ms / 1000), p50: p50 ?? Number.NaN, p99: p99 ?? Number.NaN };
}

/** Compared with a bare server that appends each message to a file and syncs it: what one fsync per post allows. */
async function onePoster(report: Report, load: Load, { parley, bare, forMs }: { parley: Site; bare: Site; forMs: number }): Promise<void> {
  const rounds: { readonly ours: number; readonly theirs: number }[] = [];
  for (const site of [parley, bare]) await rate(load, { ...planOf(site, 1, 1), forMs });
  for (let i = 0; i < 5; i += 1) {
    const theirs = (await rate(load, { ...planOf(bare, 1, 1), forMs: forMs / 4 })).perSecond;
    rounds.push({ theirs, ours: (await rate(load, { ...planOf(parley, 1, 1), forMs: forMs / 4 })).perSecond });
  }
  const note = `${median(rounds.map(({ ours }) => ours)).toFixed(0)} posts/s, bare server with one fdatasync per post ${median(rounds.map((one) => one.theirs)).toFixed(0)}`;
  report.row({
    what: '1 connection, relative to the bare server',
    figure: median(rounds.map(({ ours, theirs }) => ours / theirs)),
    aim: 0.9,
    note,
  });
}

async function manyPosters(report: Report, load: Load, parley: Site, { groups, forMs }: { groups: number; forMs: number }): Promise<void> {
  const plan = planOf(parley, groups, POSTERS);
  await rate(load, { ...plan, forMs });
  const { perSecond, p50, p99 } = await rate(load, { ...plan, forMs });
  const what = `${POSTERS} connections, ${groups} ${groups === 1 ? 'group' : 'groups'}`;
  report.row({ what, figure: perSecond, unit: 'posts/s', aim: 2000, note: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms` });
}

/** One connection reads the newest 50 messages of another group as JSON, every few ms. */
async function readsBesidePosters(
  report: Report,
  { load, readers, parley, forMs }: { load: Load; readers: Load; parley: Site; forMs: number },
): Promise<void> {
  await rate(load, { ...planOf(parley, POSTERS + 1, 1), count: 100 * (POSTERS + 1) });
  const reading: PostPlan = { ...planOf(parley, 1, 1), paths: [parley.postPath(POSTERS)], method: 'GET', pauseMs: 2 };
  const posting = { ...planOf(parley, 1, POSTERS), forMs: forMs + 500 };
  await rate(readers, { ...reading, forMs });
  const rounds: { readonly alone: number; readonly beside: number }[] = [];
  const p50: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const alone = await rate(readers, { ...reading, forMs });
    const [beside] = await Promise.all([rate(readers, { ...reading, forMs }), rate(load, posting)]);
    rounds.push({ alone: alone.p99, beside: beside.p99 });
    p50.push(alone.p50, beside.p50);
  }
  const figure = median(rounds.map(({ alone, beside }) => beside / alone));
  const ms = (of: 'alone' | 'beside', at: number): string =>
    `p50 ${median(p50.filter((_, index) => index % 2 === at)).toFixed(2)}, p99 ${median(rounds.map((round) => round[of])).toFixed(2)} ms`;
  const note = `${ms('beside', 1)}; without posts ${ms('alone', 0)}`;
  report.row({
    what: `p99 of reads beside ${POSTERS} connections that post, relative to reads alone`,
    figure,
    aim: 2,
    better: 'less',
    note,
  });
}

/** Another program holds the lock: the server must answer at once, and a post after at most 2 s. */
async function lockedFile(report: Report, parley: Site): Promise<void> {
  const db = new DatabaseSync(join(parley.folder ?? '', 'parley.db'), { timeout: 5000 });
  db.exec('BEGIN IMMEDIATE');
  const until = performance.now() + LOCK_MS;
  const health: number[] = [];
  const refusals: number[] = [];
  const whileLocked = async (work: () => Promise<void>): Promise<void> => {
    while (performance.now() < until) await work();
  };
  const posting = () =>
    whileLocked(async () => {
      const { status, ms } = await timed(`${parley.posts.url}${parley.postPath(0)}`, {
        method: 'POST',
        headers: parley.posts.headers ?? {},
        body: parley.body(TEXT),
      });
      if (status !== 503 && performance.now() < until) throw new Error(`a post into a locked file was answered ${status}`);
      if (status === 503) refusals.push(ms);
    });
  const asking = whileLocked(async () => {
    health.push((await timed(`${parley.posts.url}/healthz`)).ms);
    await delay(10);
  });
  const posts = Array.from({ length: POSTERS }, posting);
  await asking;
  db.exec('ROLLBACK');
  db.close();
  await Promise.all(posts);
  const most = (figures: readonly number[]): number => Math.max(...figures);
  const note = `${health.length} requests, p50 ${median(health).toFixed(1)} ms, beside ${POSTERS} clients that post`;
  report.row({
    what: `/healthz while the file is locked for ${LOCK_MS / 1000} s: longest`,
    figure: most(health),
    unit: 'ms',
    aim: 50,
    better: 'less',
    note,
  });
  report.row({
    what: '… a post until its 503: longest',
    figure: most(refusals),
    unit: 'ms',
    aim: 2100,
    better: 'less',
    note: `${refusals.length} posts`,
  });
}

async function timed(url: string, request: RequestInit = {}): Promise<{ readonly status: number; readonly ms: number }> {
  const startedAt = performance.now();
  const response = await fetch(url, request);
  await response.arrayBuffer();
  return { status: response.status, ms: performance.now() - startedAt };
}
