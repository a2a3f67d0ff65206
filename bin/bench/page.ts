import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logIn, startLoad, startParley } from './lab.ts';
import { cpuSeconds } from './machine.ts';
import { fill } from './pages.ts';
import type { PostPlan } from './poster.ts';
import { quantile, type Report } from './report.ts';

const GROUPS = 60;
const CONNECTIONS = 4;
/** Pages per second of one core. */
const AIM = 300;

/** The page of a group with 50 messages and 60 groups in the list beside it: how many per second, and how long one takes at half of the aim. */
export async function page(report: Report, isQuick: boolean): Promise<void> {
  report.head(`Group page: 50 messages, ${GROUPS} groups in the list (SQLite)`);
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const prepare = async (_core: unknown, slugs: readonly string[]): Promise<void> => fill(join(folder, 'parley.db'), slugs);
  const site = await startParley({ rooms: GROUPS, env: { DATA_DIR: folder }, prepare });
  const load = await startLoad();
  const forMs = isQuick ? 3000 : 10_000;
  const target = { url: site.posts.url, headers: { Cookie: await logIn(site), Accept: 'text/html' } };
  const paths = Array.from({ length: GROUPS }, (_, room) => site.postPath(room).replace(/\/messages$/, ''));
  const plan: PostPlan = { target, paths, method: 'GET', body: '', connections: CONNECTIONS, audience: 0, forMs };
  await load.ask({ do: 'post', plan });
  const before = cpuSeconds(site.pids());
  const { posted } = await load.ask({ do: 'post', plan });
  const cpu = cpuSeconds(site.pids()) - before;
  if (!posted) throw new Error('no page was requested');
  const perSecond = posted.messages / cpu;
  const note = `${(posted.messages / (posted.ms / 1000)).toFixed(0)} pages/s by ${CONNECTIONS} connections, p99 ${quantile(posted.latencies, 0.99).toFixed(1)} ms`;
  report.row({ what: 'pages per CPU-second', figure: perSecond, aim: AIM, note });
  const rate = AIM / 2;
  const { latencies = [] } = await load.ask({ do: 'pace', plan: { target, paths, connections: 16, perSecond: rate, forMs } });
  const half = `p50 ${quantile(latencies, 0.5).toFixed(1)} ms`;
  report.row({ what: `p99 at ${rate} pages/s`, figure: quantile(latencies, 0.99), unit: 'ms', aim: 20, better: 'less', note: half });
  await load.stop();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
}
