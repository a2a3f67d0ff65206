import { type Load, type Site, startBare, startLoad, startParley } from './lab.ts';
import { residentKib } from './machine.ts';
import type { Report } from './report.ts';

const STREAMS = 9000;

/** Resident memory per idle stream. */
export async function idle(report: Report): Promise<void> {
  report.head(`Resident memory per idle stream (${STREAMS.toLocaleString('en')} streams, minus the server without streams)`);
  const load = await startLoad();
  const bare = await startBare();
  report.row({ what: bare.name, figure: await kibPerStream(load, bare), unit: 'KiB' });
  await bare.stop();
  for (const [as, aim] of [
    ['html', 20],
    ['json', 20],
  ] as const) {
    const parley = await startParley({ rooms: 200, as });
    report.row({ what: `${parley.name} (${as})`, figure: await kibPerStream(load, parley), unit: 'KiB', aim, better: 'less' });
    await parley.stop();
  }
  await load.stop();
}

/** 200 streams are opened first, so that code loaded by the first stream is not counted. */
async function kibPerStream(load: Load, site: Site): Promise<number> {
  const open = (count: number) =>
    load.ask({ do: 'open', target: site.streams, paths: Array.from({ length: count }, (_, index) => site.streamPath(index % 200)) });
  await open(200);
  const before = residentKib(site.pid);
  await open(STREAMS);
  const after = residentKib(site.pid);
  await load.ask({ do: 'close' });
  return (after - before) / STREAMS;
}
