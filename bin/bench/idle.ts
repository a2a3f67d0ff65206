import { type Load, type Site, startBare, startLoad, startParley } from './lab.ts';
import { residentKib } from './machine.ts';
import type { Report } from './report.ts';

const STREAMS = 9000;
const GROUPS = 200;
const MESSAGES = 3;
const TEXT = 'x'.repeat(300);

/** Resident memory per idle stream. */
export async function idle(report: Report): Promise<void> {
  report.head(`Resident memory per idle stream (${STREAMS.toLocaleString('en')} streams, minus the server without streams)`);
  const load = await startLoad();
  const bare = await startBare();
  report.row({ what: bare.name, figure: (await memory(load, bare)).idle, unit: 'KiB' });
  await bare.stop();
  for (const as of ['html', 'json'] as const) {
    const parley = await startParley({ rooms: GROUPS, as });
    const { base, idle: silent, after } = await memory(load, parley);
    const what = `${parley.name} (${as})`;
    report.row({ what: `${what}: the server without streams`, figure: base / 1024, unit: 'MiB', aim: 120, better: 'less' });
    report.row({ what, figure: silent, unit: 'KiB', aim: 18, better: 'less' });
    report.row({
      what: `${what}: after ${MESSAGES} messages in each of ${GROUPS} groups`,
      figure: after,
      unit: 'KiB',
      aim: 20,
      better: 'less',
    });
    await parley.stop();
  }
  await load.stop();
}

/** In KiB, without streams and per stream. 200 streams are opened first, so that code loaded by the first stream is not counted. */
async function memory(load: Load, site: Site): Promise<{ readonly base: number; readonly idle: number; readonly after: number }> {
  const open = (count: number) =>
    load.ask({ do: 'open', target: site.streams, paths: Array.from({ length: count }, (_, index) => site.streamPath(index % GROUPS)) });
  const base = residentKib(site.pid);
  await open(GROUPS);
  const before = residentKib(site.pid);
  await open(STREAMS);
  const idle = (residentKib(site.pid) - before) / STREAMS;
  const paths = Array.from({ length: GROUPS }, (_, room) => site.postPath(room));
  const plan = { target: site.posts, paths, body: site.body(TEXT), connections: 1, audience: STREAMS / GROUPS + 1 };
  await load.ask({ do: 'post', plan: { ...plan, count: MESSAGES * GROUPS } });
  const after = (residentKib(site.pid) - before) / STREAMS;
  await load.ask({ do: 'close' });
  return { base, idle, after };
}
