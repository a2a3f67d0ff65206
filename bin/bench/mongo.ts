import { MongoClient } from 'mongodb';
import { openMongo } from '../../lib/store/mongo/open.ts';
import { freshDatabase, mongoService } from '../../test/helpers/services.ts';
import { need, startLoad, startParley } from './lab.ts';
import { median, type Report } from './report.ts';

const CONNECTIONS = 64;
const TEXT = 'x'.repeat(300);

/** Durable posts on the MongoDB protocol, compared with a client that inserts batches of as many documents as there are connections. */
export async function mongo(report: Report, isQuick: boolean): Promise<void> {
  report.head(`Posts over HTTP on the MongoDB protocol, ${CONNECTIONS} connections, 1 group`);
  const service = await need(mongoService({ own: true }));
  const [load, parley] = [await startLoad(), await startParley({ rooms: 1, env: { MONGODB_URL: freshDatabase(service) } })];
  const plan = { target: parley.posts, paths: [parley.postPath(0)], body: parley.body(TEXT), connections: CONNECTIONS, audience: 0 };
  await load.ask({ do: 'post', plan: { ...plan, forMs: 1000 } });
  const rounds: { readonly bare: number; readonly ours: number }[] = [];
  for (let i = 0; i < (isQuick ? 1 : 5); i += 1) {
    const { posted } = await load.ask({ do: 'post', plan: { ...plan, forMs: 3000 } });
    rounds.push({ bare: await inserts(freshDatabase(service), 3000), ours: (posted?.messages ?? 0) / ((posted?.ms ?? 1) / 1000) });
  }
  report.row({
    what: `insertMany of ${CONNECTIONS} documents, sequentially`,
    figure: median(rounds.map(({ bare }) => bare)),
    unit: 'documents/s',
  });
  report.row({ what: 'Parley, MongoDB', figure: median(rounds.map(({ ours }) => ours)), unit: 'posts/s' });
  report.row({ what: 'ratio', figure: median(rounds.map(({ bare, ours }) => ours / bare)), aim: 0.7 });
  await Promise.all([parley.stop(), load.stop()]);
  await service.stop();
}

/** Documents per second: log entries inserted by the driver alone, with the same indexes and write concern. */
async function inserts(url: string, forMs: number): Promise<number> {
  const store = await openMongo({ url }); // creates the indexes
  const client = await MongoClient.connect(url);
  const entries = client.db().collection<{ _id: string }>('log', { writeConcern: { w: 'majority', journal: true } });
  const startedAt = performance.now();
  let count = 0;
  while (performance.now() - startedAt < forMs) {
    const batch = Array.from({ length: CONNECTIONS }, () => {
      count += 1;
      return {
        _id: `group/${String(count).padStart(10, '0')}`,
        group: 'group',
        seq: count,
        n: count,
        at: Date.now(),
        kind: 'message',
        body: TEXT,
      };
    });
    await entries.insertMany(batch);
  }
  const perSecond = count / ((performance.now() - startedAt) / 1000);
  await client.close();
  await store.close();
  return perSecond;
}
