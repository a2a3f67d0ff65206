import { spawnSync } from 'node:child_process';

/** The lines that a server logs while `program` drives it; `program` has `site`, of startServer. The logger writes to the standard output of its own process. */
export function linesOf(logLevel: 'debug' | 'info', program: string): Record<string, unknown>[] {
  const server = JSON.stringify(new URL('./server.ts', import.meta.url).href);
  const source = `
    import { startServer } from ${server};
    const site = await startServer({ env: { LOG_LEVEL: '${logLevel}' } });
    ${program}
    await site.close();`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
