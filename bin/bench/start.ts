import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { start, urlFrom } from './child.ts';
import { startLoad, startParley } from './lab.ts';
import { threadMs } from './machine.ts';
import { median, type Report } from './report.ts';

const PARLEY = join(import.meta.dirname, '../parley');

/** Start times (wall time), relative to `node -e 0`, measured alternately. */
export async function startUp(report: Report, isQuick: boolean): Promise<void> {
  report.head('Start time, relative to `node -e 0`');
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const env = { ...process.env, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'silent', MONGODB_URL: '', REDIS_URL: '' };
  spawnSync(PARLEY, ['group', 'create', 'Lounge'], { env });
  const rounds: { readonly node: number; readonly command: number; readonly listening: number }[] = [];
  for (let i = 0; i < (isQuick ? 5 : 15); i += 1)
    rounds.push({
      node: timed(() => spawnSync(process.execPath, ['-e', '0'])),
      command: timed(() => spawnSync(PARLEY, ['group', 'list', '--json'], { env })),
      listening: await untilListening(env),
    });
  const ms = (of: 'node' | 'command' | 'listening'): string => `${median(rounds.map((round) => round[of])).toFixed(0)} ms`;
  report.row({ what: 'node -e 0', figure: 1, note: ms('node') });
  report.row({
    what: 'parley group list',
    figure: median(rounds.map((r) => r.command / r.node)),
    aim: 5,
    better: 'less',
    note: ms('command'),
  });
  const listening = { figure: median(rounds.map((r) => r.listening / r.node)), aim: 8, better: 'less', note: ms('listening') } as const;
  report.row({ what: 'parley serve, until it listens', ...listening });
  rmSync(folder, { recursive: true, force: true });
  await firstPosts(report, isQuick ? 3 : 7);
}

const [FIRST, UNTIL_WARM, STEADY] = [100, 4000, 1000];

/** CPU of a post in a process that has just started, relative to the same once its code is compiled. */
async function firstPosts(report: Report, rounds: number): Promise<void> {
  const load = await startLoad();
  const figures: { readonly first: number; readonly steady: number; readonly ready: number }[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const site = await startParley({ rooms: 1 });
    const plan = { target: site.posts, paths: [site.postPath(0)], body: site.body('x'.repeat(300)), connections: 1, audience: 0 };
    const cost = async (count: number): Promise<number> => {
      const before = threadMs(site.pid);
      await load.ask({ do: 'post', plan: { ...plan, count } });
      return (threadMs(site.pid) - before) / count;
    };
    await fetch(`${site.posts.url}/readyz`);
    const ready = threadMs(site.pid);
    await delay(1500); // the writing thread has started, and the image library is loaded
    const first = await cost(FIRST);
    await cost(UNTIL_WARM);
    figures.push({ first, steady: await cost(STEADY), ready });
    await site.stop();
  }
  await load.stop();
  const middle = (of: 'first' | 'steady' | 'ready'): string => median(figures.map((one) => one[of])).toFixed(2);
  report.row({
    what: `each of the first ${FIRST} posts, relative to the steady state`,
    figure: median(figures.map(({ first, steady }) => first / steady)),
    aim: 2,
    better: 'less',
    note: `${middle('first')} ms of CPU, ${middle('steady')} ms; ${middle('ready')} ms until it is ready`,
  });
}

function timed(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

async function untilListening(env: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = performance.now();
  const child = start({ program: PARLEY, args: ['serve'], env, on: 'server' });
  await urlFrom(child);
  const ms = performance.now() - startedAt;
  await child.stop();
  return ms;
}
