import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, urlFrom } from './child.ts';
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
