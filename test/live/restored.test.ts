import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { MongoClient } from 'mongodb';
import type { Environment } from '../../lib/config.ts';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { freshDatabase, present, requireOrSkip } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';
import { LOBBY } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';
import { cursorOf, entriesIn } from './all.ts';

const mongo = await mongoForFile();
const onMongo = requireOrSkip(test, mongo);

/** The storage of a server. `backUp` resolves to a function that restores the backup. Neither may run while a server does. */
type Storage = { readonly env: Environment; backUp(): Promise<() => Promise<void>> };

async function sqliteStorage(t: ExecutionContext): Promise<Storage> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-restored-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [data, copy] = [join(folder, 'data'), join(folder, 'copy')];
  const backUp = async () => {
    await cp(data, copy, { recursive: true });
    return async () => {
      await rm(data, { recursive: true });
      await cp(copy, data, { recursive: true });
    };
  };
  return { env: { DATA_DIR: data }, backUp };
}

async function mongoStorage(t: ExecutionContext): Promise<Storage> {
  const url = freshDatabase(present(mongo));
  const client = await new MongoClient(url).connect();
  t.teardown(() => client.close());
  const backUp = async () => {
    const collections = await client.db().collections();
    const copies = await Promise.all(collections.map(async (one) => ({ one, documents: await one.find().toArray() })));
    return async () => {
      for (const one of await client.db().collections()) await one.deleteMany();
      for (const { one, documents } of copies) if (documents.length > 0) await one.insertMany(documents);
    };
  };
  return { env: { MONGODB_URL: url }, backUp };
}

/** Ann's session at the current server of a storage. */
class Visit {
  readonly #t: ExecutionContext;
  readonly #server: TestServer;
  readonly ann: Client;

  private constructor(t: ExecutionContext, server: TestServer, ann: Client) {
    this.#t = t;
    this.#server = server;
    this.ann = ann;
  }

  /** Signs Ann up unless `before` has her session. */
  static async begin(t: ExecutionContext, { env }: Storage, before?: Client): Promise<Visit> {
    const server = await startServer({ env });
    const ann = before?.at(server.url) ?? (await server.signUp('Ann'));
    return new Visit(t, server, ann);
  }

  async post(...bodies: string[]): Promise<void> {
    for (const body of bodies) this.#t.is((await this.ann.json('POST', `${LOBBY}/messages`, { body })).status, 201);
  }

  open(path: string, last?: string): Promise<EventReader> {
    return EventReader.open(this.ann, path, last === undefined ? {} : { 'Last-Event-ID': last });
  }

  /** The initial cursors of the streams of Lobby and of all groups. */
  async cursors(): Promise<{ one: string; all: string }> {
    const [one, all] = await Promise.all([this.open(`${LOBBY}/events?as=json`), this.open('/events')]);
    await one.until(() => one.opening !== undefined);
    await all.until((events) => events.length > 0);
    for (const reader of [one, all]) reader.close();
    return { one: one.opening ?? '', all: cursorOf(all.events) };
  }

  /** The bodies of a stream from a cursor to `last`. */
  async bodies(path: string, cursor: string | undefined, last: string): Promise<(string | undefined)[]> {
    const reader = await this.open(path, cursor);
    const events = await reader.until((all) => entriesIn(all).at(-1)?.body === last);
    reader.close();
    return entriesIn(events).map(({ body }) => body);
  }

  async reset(path: string, cursor?: string): Promise<void> {
    const events = await (await this.open(path, cursor)).ended();
    this.#t.deepEqual([entriesIn(events), events.at(-1)?.event], [[], 'reset'], `${path} after ${cursor}`);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

async function restoredLog(t: ExecutionContext, storage: Storage): Promise<void> {
  t.timeout(20_000, 'a stream that is not reset goes on for ever');
  const first = await Visit.begin(t, storage);
  await first.post('kept'); // 2, after Ann's join
  const kept = await first.cursors();
  await first.close();
  const restore = await storage.backUp();

  const second = await Visit.begin(t, storage, first.ann);
  await second.post('lost 3', 'lost 4');
  const lost = await second.cursors();
  t.deepEqual(await second.bodies(`${LOBBY}/events?as=json`, kept.one, 'lost 4'), ['lost 3', 'lost 4']);
  t.deepEqual(await second.bodies('/events', kept.all, 'lost 4'), ['lost 3', 'lost 4']);
  await second.close();
  await restore();

  const third = await Visit.begin(t, storage, first.ann);
  await third.post('new 3', 'new 4');
  const everyStream = async (): Promise<void> => {
    for (const as of ['json', 'html']) await third.reset(`${LOBBY}/events?as=${as}`, lost.one);
    await third.reset(`${LOBBY}/events?as=json&after=${lost.one}`);
    await third.reset('/events', lost.all);
    await third.reset(`/events?after=${lost.all}`);
  };
  await everyStream(); // the log is as long as the cursor says
  const now = await third.cursors();
  await third.post('new 5');
  await everyStream(); // and longer
  const since = ['new 3', 'new 4', 'new 5'];
  t.deepEqual(await third.bodies(`${LOBBY}/events?as=json`, kept.one, 'new 5'), since);
  t.deepEqual(await third.bodies(`${LOBBY}/events?as=json&after=${kept.one}`, undefined, 'new 5'), since);
  t.deepEqual(await third.bodies('/events', kept.all, 'new 5'), since);
  t.deepEqual(await third.bodies(`${LOBBY}/events?as=json`, now.one, 'new 5'), ['new 5']);
  t.deepEqual(await third.bodies('/events', now.all, 'new 5'), ['new 5']);
  t.deepEqual(await third.bodies(`${LOBBY}/events?as=json&after=4`, undefined, 'new 5'), ['new 5'], 'a seq alone is not compared');
  await third.close();
}

test('SQLite: a cursor of an entry that a restore has lost is reset, however long the log is since; one of an entry that is there resumes', async (t) =>
  restoredLog(t, await sqliteStorage(t)));

onMongo(
  'MongoDB: a cursor of an entry that a restore has lost is reset, however long the log is since; one of an entry that is there resumes',
  async (t) => restoredLog(t, await mongoStorage(t)),
);
