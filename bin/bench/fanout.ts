import { type Load, type Site, startBare, startLoad, startParley, startParleyPair } from './lab.ts';
import { cpuSeconds } from './machine.ts';
import { median, type Report } from './report.ts';

const TEXT = 'x'.repeat(300);

/** Servers work for days: their code is compiled before anything is measured. With one message at a time that would take minutes. */
const [WARM_UP_MS, WARM_UNDER_WAY] = [12_000, 16];

type Shape = {
  readonly title: string;
  readonly rooms: number;
  readonly perRoom: number;
  readonly underWay: number;
  readonly aims: { readonly embedded?: number; readonly redis?: number };
};

const SHAPES: readonly Shape[] = [
  { title: 'one room of 1,000 streams, 16 messages under way', rooms: 1, perRoom: 1000, underWay: 16, aims: { embedded: 4, redis: 2.5 } },
  { title: 'one room of 1,000 streams, one at a time', rooms: 1, perRoom: 1000, underWay: 1, aims: { embedded: 0.65, redis: 0.65 } },
  { title: '200 rooms of 10 streams, 16 under way in each', rooms: 200, perRoom: 10, underWay: 3200, aims: { embedded: 0.75 } },
  { title: '200 rooms of 10 streams, 16 under way in all', rooms: 200, perRoom: 10, underWay: 16, aims: { redis: 0.6 } },
];

/** Deliveries per CPU-second of everything behind the streams, as a ratio to the bare server. */
export async function fanout(report: Report, isQuick: boolean): Promise<void> {
  report.head('Deliveries per CPU-second, as a ratio to the bare server (= 1)');
  const load = await startLoad();
  const rounds = isQuick ? 1 : 3;
  for (const shape of SHAPES) {
    const bare = await startBare();
    const { rooms } = shape;
    const sites = [
      { site: await startBare({ batch: true }) },
      { site: await startParley({ rooms }), aim: shape.aims.embedded },
      { site: await startParley({ rooms, as: 'html' }) },
      ...(shape.aims.redis === undefined ? [] : [{ site: await startParleyPair({ rooms }), aim: shape.aims.redis }]),
    ];
    for (const site of [bare, ...sites.map((one) => one.site)]) await warmUp(load, shape, site, isQuick ? 1000 : WARM_UP_MS);
    for (const { site, aim } of sites) await compare(report, load, shape, bare, site, { rounds, aim });
    for (const { site } of sites) await site.stop();
    await bare.stop();
  }
  await load.stop();
}

type Comparison = { readonly rounds: number; readonly aim: number | undefined };

async function compare(report: Report, load: Load, shape: Shape, bare: Site, site: Site, { rounds, aim }: Comparison): Promise<void> {
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const base = await deliveriesPerCpuSecond(load, shape, bare);
    const ours = await deliveriesPerCpuSecond(load, shape, site);
    ratios.push(ours / base);
    rates.push(ours);
  }
  const note = `${Math.round(median(rates)).toLocaleString('en')} deliveries per CPU-second`;
  report.row({ what: `${site.name}: ${shape.title}`, figure: median(ratios), ...(aim === undefined ? {} : { aim }), note });
}

async function warmUp(load: Load, shape: Shape, site: Site, forMs: number): Promise<void> {
  const plan = await openRooms(load, { ...shape, underWay: Math.max(shape.underWay, WARM_UNDER_WAY) }, site);
  await load.ask({ do: 'post', plan: { ...plan, forMs } });
  await load.ask({ do: 'close' });
}

/** Opens the streams; what is to be posted to them. */
async function openRooms(load: Load, { rooms, perRoom, underWay }: Shape, site: Site) {
  const paths = Array.from({ length: rooms * perRoom }, (_, index) => site.streamPath(index % rooms));
  await load.ask({ do: 'open', target: site.streams, paths });
  return {
    target: site.posts,
    paths: Array.from({ length: rooms }, (_, room) => site.postPath(room)),
    body: site.body(TEXT),
    connections: underWay,
    ...{ underWay, audience: perRoom },
  };
}

async function deliveriesPerCpuSecond(load: Load, shape: Shape, site: Site): Promise<number> {
  const { perRoom } = shape;
  const plan = await openRooms(load, shape, site);
  await load.ask({ do: 'post', plan: { ...plan, forMs: 800 } });
  const before = cpuSeconds(site.pids());
  const { posted } = await load.ask({ do: 'post', plan: { ...plan, forMs: 2500 } });
  const cpu = cpuSeconds(site.pids()) - before;
  await requireExact(load, perRoom);
  await load.ask({ do: 'close' });
  return ((posted?.messages ?? 0) * perRoom) / cpu;
}

/** Every stream of a room has had as many entries as the others: nothing lost, nothing twice. On a busy machine a room may have had none. */
async function requireExact(load: Load, perRoom: number): Promise<void> {
  const { counts = [] } = await load.ask({ do: 'counts' });
  const rooms = counts.length / perRoom;
  if (!counts.some((count) => count > 0)) throw new Error('no stream had an entry');
  for (const [index, count] of counts.entries()) {
    const first = counts[index % rooms];
    if (count !== first) throw new Error(`stream ${index} had ${count} entries, another of its room ${first}`);
  }
}
