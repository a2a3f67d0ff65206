import { MongoClient } from 'mongodb';
import { openRedisBus } from '../../lib/bus/redis.ts';
import { newGroupId, newUserId, systemRandom } from '../../lib/ids.ts';
import { openSecrets } from '../../lib/secrets.ts';
import { freshDatabase, mongoService, redisService } from '../../test/helpers/services.ts';
import { need, type Site, startLoad, startParley } from './lab.ts';
import { cpuSeconds, residentKib } from './machine.ts';
import type { Report } from './report.ts';

const TEXT = 'x'.repeat(300);
const STREAMS = 1000;
/** Streams per group in the capacity model. */
const READERS = 25;

/** Measures the constants of the capacity model in docs/scaling.md: one worker, MongoDB protocol and Redis. */
export async function constants(report: Report): Promise<void> {
  report.head('Constants of the capacity model: one worker, MongoDB protocol and Redis');
  const [mongo, redis] = [await need(mongoService({ own: true })), await need(redisService({ own: true }))];
  const url = freshDatabase(mongo);
  const site = await startParley({ rooms: 20, env: { MONGODB_URL: url, REDIS_URL: redis.url } });
  report.row({ what: '`BASE`: memory without streams', figure: residentKib(site.pid) / 1024, unit: 'MiB' });
  await ofWorker(report, site);
  await ofRedis(report, redis.url, redis.pid ?? 0);
  await ofMongo(report, url);
  await site.stop();
  await Promise.all([mongo.stop(), redis.stop()]);
}

async function ofWorker(report: Report, site: Site): Promise<void> {
  const load = await startLoad();
  const perCpuSecond = async (count: number, work: () => Promise<unknown>): Promise<number> => {
    const before = cpuSeconds(site.pids());
    await work();
    return count / (cpuSeconds(site.pids()) - before);
  };
  const plan = { target: site.posts, paths: [site.postPath(0)], body: site.body(TEXT), connections: 64, audience: 0 };
  await load.ask({ do: 'post', plan: { ...plan, count: 2000 } });
  const posts = await perCpuSecond(6000, () => load.ask({ do: 'post', plan: { ...plan, count: 6000 } }));
  report.row({ what: '`POST`: messages per CPU-second of a worker', figure: posts });
  const paths = Array.from({ length: STREAMS }, (_, index) => site.streamPath(index % 20));
  const open = () => load.ask({ do: 'open', target: site.streams, paths });
  await open();
  await load.ask({ do: 'close' });
  report.row({ what: '`OPEN`: streams opened per CPU-second', figure: await perCpuSecond(STREAMS, open) });
  await load.stop();
}

async function ofRedis(report: Report, url: string, pid: number): Promise<void> {
  const bus = await openRedisBus({ url, prefix: 'bench', now: Date.now, secrets: openSecrets(['bench'.repeat(8)]) });
  const count = 20_000;
  const [cpu, redis] = [process.cpuUsage(), cpuSeconds([pid])];
  for (let i = 0; i < count; i += READERS) {
    const group = newGroupId(systemRandom);
    await Promise.all(Array.from({ length: READERS }, () => bus.presence.renew(group, newUserId(systemRandom), 'bench', 60_000)));
  }
  const { user, system } = process.cpuUsage(cpu);
  report.row({ what: '`RENEW`: leases renewed per CPU-second of a worker', figure: count / ((user + system) / 1e6) });
  report.row({ what: '`REDIS`: lease commands per CPU-second of Redis', figure: count / (cpuSeconds([pid]) - redis) });
  await bus.close();
}

async function ofMongo(report: Report, url: string): Promise<void> {
  const client = await MongoClient.connect(url);
  const entries = client.db().collection<{ readonly _id: string }>('log');
  const perSecond = async (count: number, work: (index: number) => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, (_, index) => work(i + index)));
    return count / ((performance.now() - startedAt) / 1000);
  };
  const bench = client.db().collection<{ _id: string }>('bench', { writeConcern: { w: 'majority', journal: true } });
  report.row({
    what: '`WRITE`: durable inserts per second, 50 in flight',
    figure: await perSecond(2000, (i) => bench.insertOne({ _id: `${i}` })),
  });
  const some = await entries.findOne();
  report.row({
    what: '`READ`: reads by `_id` per second, 50 in flight',
    figure: await perSecond(2000, () => entries.findOne({ _id: some?._id ?? '' })),
  });
  await client.close();
}
