import { type Load, type Site, startBare, startLoad, startParley, startParleyPair } from './lab.ts';
import { cpuSeconds } from './machine.ts';
import { median, type Report } from './report.ts';

const TEXT = 'x'.repeat(300);

/** Warm-up, so that the code is compiled before measuring. 16 messages in flight, since with one it would take minutes. */
const [WARM_UP_MS, WARM_UNDER_WAY] = [12_000, 16];

type Shape = {
  readonly title: string;
  readonly rooms: number;
  readonly perRoom: number;
  readonly underWay: number;
  readonly aims: { readonly embedded?: number; readonly redis?: number };
};

const SHAPES: readonly Shape[] = [
  { title: '1 group with 1,000 streams, 16 messages in flight', rooms: 1, perRoom: 1000, underWay: 16, aims: { embedded: 4, redis: 2.5 } },
  { title: '1 group with 1,000 streams, 1 message in flight', rooms: 1, perRoom: 1000, underWay: 1, aims: { embedded: 0.65, redis: 0.65 } },
  {
    title: '200 groups with 10 streams, 16 messages in flight per group',
    rooms: 200,
    perRoom: 10,
    underWay: 3200,
    aims: { embedded: 0.75 },
  },
  { title: '200 groups with 10 streams, 16 messages in flight in total', rooms: 200, perRoom: 10, underWay: 16, aims: { redis: 0.6 } },
];

/** Deliveries per CPU-second of all server processes, relative to the bare server. */
export async function fanout(report: Report, isQuick: boolean): Promise<void> {
  report.head('Deliveries per CPU-second, relative to the bare server (= 1)');
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

/** Opens the streams and returns the plan for posting to them. */
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

/** Throws unless all streams of a group received the same number of entries. On a busy machine a group may have received none. */
async function requireExact(load: Load, perRoom: number): Promise<void> {
  const { counts = [] } = await load.ask({ do: 'counts' });
  const rooms = counts.length / perRoom;
  if (!counts.some((count) => count > 0)) throw new Error('no stream received an entry');
  for (const [index, count] of counts.entries()) {
    const first = counts[index % rooms];
    if (count !== first) throw new Error(`stream ${index} received ${count} entries, another stream of its group ${first}`);
  }
}
