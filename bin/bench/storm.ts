import { type Load, type Site, startBare, startLoad, startParley } from './lab.ts';
import { median, type Report } from './report.ts';

const STREAMS = 1000;
const MISSED = 20;
const BEFORE = 60;
const WARM_UP = 60;
const TEXT = 'x'.repeat(300);

/** All streams of a server reconnect at once, each with the same cursor. */
export async function storm(report: Report, isQuick: boolean): Promise<void> {
  report.head(`${STREAMS.toLocaleString('en')} streams reconnect at once, each ${MISSED} messages behind: time until all have caught up`);
  const load = await startLoad();
  const [bare, parley] = [await startBare(), await startParley({ rooms: 1 })];
  for (const site of [bare, parley]) await fill(load, site);
  const heads = { bare: BEFORE, parley: await headOf(parley) };
  const times: { readonly bare: number; readonly parley: number }[] = [];
  const round = async () => ({
    bare: await reconnect(load, bare, heads.bare),
    parley: await reconnect(load, parley, heads.parley),
  });
  for (let i = 0; i < (isQuick ? 10 : WARM_UP); i += 1) await round(); // warm-up, so that the code is compiled
  for (let i = 0; i < (isQuick ? 5 : 25); i += 1) times.push(await round());
  report.row({ what: bare.name, figure: median(times.map((one) => one.bare)), unit: 'ms' });
  report.row({ what: parley.name, figure: median(times.map((one) => one.parley)), unit: 'ms' });
  report.row({ what: 'ratio', figure: median(times.map((one) => one.parley / one.bare)), aim: 1.5, better: 'less' });
  for (const site of [bare, parley]) await site.stop();
  await load.stop();
}

async function fill(load: Load, site: Site): Promise<void> {
  const plan = { target: site.posts, paths: [site.postPath(0)], body: site.body(TEXT), connections: 1, audience: 0, count: BEFORE };
  await load.ask({ do: 'post', plan });
}

async function headOf(site: Site): Promise<number> {
  const answer = await fetch(`${site.posts.url}${site.postPath(0)}?limit=1`, { headers: site.posts.headers ?? {} });
  const [last] = (await answer.json()) as { readonly seq: number }[];
  return last?.seq ?? 0;
}

/** Milliseconds from the first connection until every stream has received exactly the entries it missed. */
async function reconnect(load: Load, site: Site, head: number): Promise<number> {
  const target = { ...site.streams, headers: { ...site.streams.headers, 'Last-Event-ID': String(head - MISSED) } };
  const paths = Array.from({ length: STREAMS }, () => site.streamPath(0));
  const { ms } = await load.ask({ do: 'open', target, paths, storm: true, expect: STREAMS * MISSED });
  const { counts = [] } = await load.ask({ do: 'counts' });
  if (counts.some((count) => count !== MISSED)) throw new Error('a stream did not receive the entries it missed');
  await load.ask({ do: 'close' });
  return ms;
}
