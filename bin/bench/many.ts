import { startLoad, startParley } from './lab.ts';
import { allowOpenFiles, residentKib } from './machine.ts';
import { median, type Report } from './report.ts';

const STREAMS = 100_000;
/** A client address has 28,000 ports, so that each process connects to an address of its own. */
const PROCESSES = 5;
/** File handles that the server keeps free of streams, and some for the client. */
const OTHER_FILES = 600;
const AIM_GIB = 2.5;
const MESSAGES = 5;
const TEXT = 'x'.repeat(300);

/** 100,000 pages of one group in one process, or as many as the limit of open files allows: memory, and how long a message takes to all of them. */
export async function many(report: Report, isQuick: boolean): Promise<void> {
  const wanted = isQuick ? STREAMS / 10 : STREAMS;
  const each = Math.floor(Math.min(wanted, allowOpenFiles(wanted + OTHER_FILES) - OTHER_FILES) / PROCESSES);
  const streams = PROCESSES * each;
  const memoryOf = (what: string, kib: number, base: number): void => {
    const perStream = (kib - base) / streams;
    const note = `${(kib / 1024).toFixed(0)} MiB, ${perStream.toFixed(1)} KiB per stream`;
    const figure = (base + perStream * STREAMS) / 1024 ** 2;
    report.row({
      what: `${what}; with ${STREAMS.toLocaleString('en')} at this rate`,
      figure,
      unit: 'GiB',
      aim: AIM_GIB,
      better: 'less',
      note,
    });
  };
  report.head(`${streams.toLocaleString('en')} streams in one process (HTML)`);
  const env = { HOST: '0.0.0.0', ALLOWED_HOSTS: '*', MAX_CONNECTIONS: String(streams + 100) };
  const site = await startParley({ rooms: 1, as: 'html', env });
  const port = new URL(site.streams.url).port;
  const loads = await Promise.all(Array.from({ length: PROCESSES }, startLoad));
  const base = residentKib(site.pid);
  const startedAt = performance.now();
  const paths = Array.from({ length: each }, () => site.streamPath(0));
  const open = loads.map((load, i) => load.ask({ do: 'open', target: { ...site.streams, url: `http://127.0.0.${i + 1}:${port}` }, paths }));
  await Promise.all(open);
  const seconds = (performance.now() - startedAt) / 1000;
  report.row({ what: 'opening them', figure: streams / seconds, unit: 'streams/s', note: `${seconds.toFixed(0)} s` });
  memoryOf('resident memory', residentKib(site.pid), base);
  const times: number[] = [];
  const first = loads[0];
  const plan = { target: site.posts, paths: [site.postPath(0)], body: site.body(TEXT), connections: 1, audience: 0, count: 1 };
  for (let i = 1; first && i <= MESSAGES; i += 1) {
    const postedAt = performance.now();
    await first.ask({ do: 'post', plan });
    await Promise.all(loads.map((load) => load.ask({ do: 'await', delivered: i * each })));
    times.push(performance.now() - postedAt);
  }
  report.row({ what: 'one message to all of them', figure: median(times), unit: 'ms', note: `first ${times[0]?.toFixed(0)} ms` });
  memoryOf(`resident memory after ${MESSAGES} messages`, residentKib(site.pid), base);
  await Promise.all(loads.map((load) => load.stop()));
  await site.stop();
}
