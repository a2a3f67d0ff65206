import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test, { type ExecutionContext, type TestFn } from 'ava';
import { MongoBulkWriteError, MongoClient, MongoServerError } from 'mongodb';
import { StoreUnavailable } from '../../lib/errors.ts';
import { type GroupId, newGroupId, newUid, newUserId, SYSTEM_GROUP, systemRandom } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, entryAfter, type Head } from '../../lib/log/entry.ts';
import { DUPLICATE, refusals } from '../../lib/store/mongo/bulk-errors.ts';
import { openMongo } from '../../lib/store/mongo/open.ts';
import { answer, guarded } from '../../lib/store/mongo/timeout.ts';
import type { Store } from '../../lib/store/port.ts';
import { eventually } from '../helpers/eventually.ts';
import { freshDatabase, isMissing, mongoService, present, requireOrSkip, type Service } from '../helpers/services.ts';
import { Wire } from '../helpers/wire.ts';
import { everyContract } from './every-store.ts';
import type { Opened } from './store.ts';

const mongo = await mongoService();
const testMongo = requireOrSkip(test, mongo);

// Slow responses of a busy machine must not fail the tests.
const PATIENT = { serverSelectionTimeoutMs: 30_000 };

// Without a server its tests are skipped and its hooks do nothing.
const idle = Object.assign(() => {}, { always: () => {} });

const register = isMissing(mongo) ? (Object.assign(testMongo, { before: idle, after: idle }) as unknown as TestFn) : test;

async function open(): Promise<Opened> {
  const url = freshDatabase(present(mongo));
  const store = await openMongo({ url, ...PATIENT });
  const close = async () => {
    await store.close();
    await dropDatabase(url);
  };
  return { store, close, second: () => openMongo({ url, ...PATIENT }) };
}
everyContract(register, open, 'mongo');

async function dropDatabase(url: string): Promise<void> {
  await using client = new MongoClient(url);
  await client.db().dropDatabase();
}

type Context = { teardown(fn: () => Promise<void>): void };

/** The URL of a database that is dropped with the test. */
function fresh(t: Context): string {
  const url = freshDatabase(present(mongo));
  t.teardown(() => dropDatabase(url));
  return url;
}

/** A server for this test alone. */
async function ownServer(t: Context): Promise<Service> {
  const server = present(await mongoService({ own: true }));
  t.teardown(server.stop);
  return server;
}

async function opened(t: Context, url: string, serverSelectionTimeoutMs = PATIENT.serverSelectionTimeoutMs): Promise<Store> {
  const store = await openMongo({ url, serverSelectionTimeoutMs });
  t.teardown(() => store.close());
  return store;
}

/** A store with short limits that answers: a busy machine may need several attempts. */
async function impatient(t: Context, url: string, serverSelectionTimeoutMs: number): Promise<Store> {
  await opened(t, url); // creates the indexes
  const store = await retried(() => openMongo({ url, serverSelectionTimeoutMs }));
  t.teardown(() => store.close());
  await retried(() => store.ping());
  return store;
}

const author = newUserId(systemRandom);
const aGroup = (): GroupId => newGroupId(systemRandom);

/** `count` messages that follow `head`. */
function messages(group: GroupId, count: number, head: Head = EMPTY_HEAD): Entry[] {
  const entries: Entry[] = [];
  for (let k = 0; k < count; k++)
    entries.push(
      entryAfter({ kind: 'message', author, uid: newUid(systemRandom), body: `${k}`, format: 'text' }, group, entries.at(-1) ?? head, 1),
    );
  return entries;
}

testMongo('mongo: acknowledged writes survive kill -9, and the log is dense', async (t) => {
  const server = await ownServer(t);
  const store = await opened(t, server.url, 5000);
  const groups = Array.from({ length: 6 }, aGroup);
  const sizes = [1, 3]; // single entries share a batch with other groups, several entries of one group do not
  let acknowledged = 0;
  let killed: Promise<void> | undefined;

  /** Appends concurrently until the server has ended; resolves to the acknowledged entries. */
  async function write(group: GroupId, size: number): Promise<Entry[]> {
    const certain: Entry[] = [];
    for (;;) {
      const batch = messages(group, size, certain.at(-1));
      const append = store.log.append(group, batch);
      if (acknowledged > 150) killed ??= server.kill('SIGKILL');
      const { written, stopped } = await append;
      certain.push(...batch.slice(0, written));
      acknowledged += written;
      if (stopped) return certain;
    }
  }

  const certain = await Promise.all(groups.map((group, index) => write(group, sizes[index % sizes.length] ?? 1)));
  await killed;
  await server.restart();
  for (const [index, group] of groups.entries()) {
    const head = await store.log.head(group);
    const entries = await store.log.range(group, 1, head.seq);
    const own = certain[index] ?? [];
    t.deepEqual(entries.slice(0, own.length), own);
    t.deepEqual(
      entries.map(({ seq }) => seq),
      Array.from({ length: head.seq }, (_, seq) => seq + 1),
    );
    t.true(head.seq <= own.length + 3, 'at most the batch that got no answer');
    t.deepEqual(await store.log.append(group, messages(group, 1, head)), { written: 1 });
  }
  t.log(`${acknowledged} acknowledged`);
});

/** Freezes the server. Its threads may still answer for a moment after the signal. */
async function frozen(server: Service, store: Store): Promise<void> {
  await server.kill('SIGSTOP');
  for (let answers = true; answers; )
    answers = await store.ping().then(
      () => true,
      () => false,
    );
}

testMongo('mongo: with a frozen server every method rejects in time, and the result of an append is unknown', async (t) => {
  const server = await ownServer(t);
  const store = await impatient(t, server.url, 700);
  const patient = await opened(t, server.url);
  const group = aGroup();
  const [first, second] = messages(group, 2);
  if (!first || !second) return t.fail();
  t.deepEqual(await patient.log.append(group, [first]), { written: 1 });
  await frozen(server, store);
  const start = performance.now();
  const append = store.log.append(group, [second]);
  const calls = await Promise.allSettled([
    store.ping(),
    store.settings.putIfAbsent('k', 'v'),
    store.users.byId(author),
    store.sessions.sweep(0),
    store.tokens.remove('h'),
    store.groups.list({ limit: 1 }),
    store.memberships.ofGroup(group),
    store.log.head(group),
    store.log.range(group, 1, 500),
    store.log.scrub(group, 1, 2),
  ]);
  for (const call of calls) t.true(call.status === 'rejected' && call.reason instanceof StoreUnavailable);
  t.deepEqual(await append, { written: 0, stopped: 'unknown' });
  t.true(performance.now() - start < 3000, `${Math.round(performance.now() - start)} ms`);
  await server.kill('SIGCONT');
  const head = await retried(() => store.log.head(group));
  const entries = await store.log.range(group, 1, 2);
  t.true(entries.length >= head.seq, 'the second may still come');
  t.deepEqual(entries, [first, second].slice(0, entries.length));
});

testMongo('mongo: writes without a response have an unknown result, though the driver reports the error of refused ones', async (t) => {
  const server = await ownServer(t);
  const client = await MongoClient.connect(server.url, { socketTimeoutMS: 3000, serverSelectionTimeoutMS: 3000, retryWrites: false });
  t.teardown(() => client.close());
  const things = client.db('refusals').collection<{ _id: number }>('things');
  const write = (ids: readonly number[]) =>
    things.insertMany(
      ids.map((_id) => ({ _id })),
      { ordered: false },
    );
  t.teardown(() => server.kill('SIGCONT')); // before the client is closed, which waits for the server
  await write([1]);
  t.deepEqual(refusals(await t.throwsAsync(write([0, 1, 2])), 3), new Map([[1, DUPLICATE]]));
  await server.kill('SIGSTOP');
  const error = await t.throwsAsync(write([3, 4]), { instanceOf: MongoBulkWriteError });
  t.is(refusals(error, 2), undefined);
  await server.kill('SIGCONT');
});

/** The first answer that is not StoreUnavailable, or that after 60 s. */
async function retried<T>(ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + 60_000;
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || performance.now() > until) throw error;
      await nextTurn(); // the driver may reject at once and needs a turn of the event loop to reconnect
    }
}

testMongo('mongo: a store on a frozen server can be closed', async (t) => {
  const server = await ownServer(t);
  const store = await impatient(t, server.url, 500);
  await frozen(server, store);
  const append = store.log.append(SYSTEM_GROUP, messages(SYSTEM_GROUP, 1));
  const start = performance.now();
  await store.close();
  t.deepEqual(await append, { written: 0, stopped: 'unknown' });
  t.true(performance.now() - start < 4000, `${Math.round(performance.now() - start)} ms`);
});

test('mongo: without a server it does not open, and reports so in time', async (t) => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const address = nobody.address();
  nobody.close();
  if (!address || typeof address === 'string') return t.fail();
  const url = `mongodb://user:secret@127.0.0.1:${address.port}/parley`;
  const start = performance.now();
  const error = await t.throwsAsync(openMongo({ url, serverSelectionTimeoutMs: 300 }), { instanceOf: StoreUnavailable });
  t.true(performance.now() - start < 3000);
  t.false(`${error?.message} ${error?.cause}`.includes('secret'));
});

test('mongo: network errors mean that the store is unavailable; programming errors are not hidden', async (t) => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  nobody.close();
  await t.throwsAsync(
    answer(async () => once(connect(port, '127.0.0.1'), 'drain'), 1000),
    { instanceOf: StoreUnavailable, message: /does not answer/ },
  );
  await t.throwsAsync(
    answer(async () => Reflect.apply(''.at, undefined, []), 1000),
    { instanceOf: TypeError },
  );
});

const isBrokenPipe = (cause: unknown): boolean => cause instanceof Error && 'code' in cause && cause.code === 'EPIPE';

testMongo('mongo: a command sent just after MongoDB closed the connection fails as unavailable', async (t) => {
  const wire = await Wire.open(t, present(mongo));
  const port = Number(new URL(wire.url).port);
  const sockets: Socket[] = [];
  const note = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  subscribe('net.client.socket', note);
  t.teardown(() => void unsubscribe('net.client.socket', note));
  const store = await impatient(t, freshDatabase({ ...present(mongo), url: wire.url }), 300);
  /** Closes all connections, with a command at the end of each; resolves to the errors. */
  const cut = async (): Promise<unknown[]> => {
    const errors: Promise<unknown>[] = [];
    const ask = (): void => void errors.push(store.ping().catch((error: unknown) => error));
    const open = sockets.filter(({ remotePort, destroyed }) => remotePort === port && !destroyed);
    for (const socket of open) socket.once('end', ask);
    const closed = Promise.all(open.map((socket) => new Promise<unknown>((resolve) => socket.once('close', resolve))));
    wire.cut();
    await closed;
    return Promise.all(errors);
  };
  // The driver notices first on some connections, and then sends nothing to the others.
  await eventually(async () => {
    wire.restore();
    await retried(() => store.ping());
    const errors = await cut();
    for (const error of errors) t.true(error instanceof StoreUnavailable, String(error));
    return errors.some((error) => error instanceof StoreUnavailable && isBrokenPipe(error.cause));
  });
});

test('mongo: an invalid URL is refused without its password', async (t) => {
  for (const url of ['http://user:secret@localhost/parley', 'mongodb://user:secret@/parley', 'mongodb://user:secret@localhost/?none=1']) {
    const error = await t.throwsAsync(openMongo({ url, serverSelectionTimeoutMs: 300 }));
    t.false(`${error} ${error?.cause}`.includes('secret'));
  }
});

test('a failure names its cause: an option, a server that is not there, what the server answered', async (t) => {
  const open = (url: string) => t.throwsAsync(openMongo({ url, serverSelectionTimeoutMs: 300 }), { instanceOf: StoreUnavailable });
  t.like(await open('mongodb://user:secret@localhost/?none=1'), {
    fault: 'settings',
    message: 'MONGODB_URL cannot be used: option none is not supported (MongoParseError).',
  });
  const away = await open('mongodb://user:secret@127.0.0.1:1/parley');
  t.is(away?.fault, 'unreachable');
  t.regex(away?.message ?? '', /^MongoDB does not answer: .*ECONNREFUSED 127\.0\.0\.1:1.*\(MongoServerSelectionError\)\.$/);
  const denied = new MongoServerError({ message: 'not authorized on parley to execute command', code: 13, codeName: 'Unauthorized' });
  const faults: StoreUnavailable[] = [];
  const refused = guarded({ ask: () => Promise.reject(denied) }, 1000, (error) => void faults.push(error)).ask();
  const error = await t.throwsAsync(refused, { instanceOf: StoreUnavailable });
  t.is(error?.message, 'MongoDB refused: not authorized on parley to execute command (Unauthorized 13).');
  t.is(error?.fault, 'denied');
  t.deepEqual(faults, error ? [error] : []);
});

testMongo('a closed store is unavailable', async (t) => {
  const store = await openMongo({ url: fresh(t), ...PATIENT });
  await store.close();
  await store.close();
  t.deepEqual(await store.log.append(SYSTEM_GROUP, messages(SYSTEM_GROUP, 1)), { written: 0, stopped: 'unknown' });
  const calls = [
    () => store.ping(),
    () => store.log.head(SYSTEM_GROUP),
    () => store.settings.get('k'),
    () => store.users.update(author, {}),
  ];
  for (const call of calls) await t.throwsAsync(call, { instanceOf: StoreUnavailable });
});

/** A group of this database, with a document of its own. */
async function insertGroup(t: ExecutionContext, url: string): Promise<GroupId> {
  const [store, id] = [await openMongo({ url, ...PATIENT }), aGroup()];
  const code = { codeMac: id, codeSealed: '', codeExpiresAt: null, codeUsesLeft: null };
  const plain = { kind: 'group', people: null, name: 'Kitchen', topic: '', open: true, archived: false, createdAt: 1 } as const;
  t.not(typeof (await store.groups.insert({ id, slug: id, ...code, ...plain })), 'string');
  await store.close();
  return id;
}

testMongo('mongo: close writes pending head hints, also of a log without a group', async (t) => {
  const url = fresh(t);
  const store = await openMongo({ url, ...PATIENT });
  const id = await insertGroup(t, url);
  await store.log.append(id, messages(id, 5));
  await store.log.append(SYSTEM_GROUP, messages(SYSTEM_GROUP, 2));
  await store.close();
  const again = await opened(t, url);
  const [five, two] = [
    { seq: 5, n: 5, at: 1 },
    { seq: 2, n: 2, at: 1 },
  ];
  t.deepEqual((await again.groups.byId(id))?.head, five);
  t.deepEqual(
    [...(await again.log.heads([id, SYSTEM_GROUP]))],
    [
      [id, five],
      [SYSTEM_GROUP, two],
    ],
  );
});

testMongo('mongo: head is found from any hint, however old', async (t) => {
  const url = fresh(t);
  const [writer, group] = [await openMongo({ url, ...PATIENT }), aGroup()];
  const entries = messages(group, 1500);
  t.deepEqual(await writer.log.append(group, entries), { written: 1500 });
  await writer.close();
  await using client = new MongoClient(url);
  const store = await opened(t, url);
  const few = Array.from({ length: 70 }, (_, behind) => 1500 - behind);
  const many = Array.from({ length: 100 }, (_, k) => 15 * k);
  for (const hint of [...few, ...many]) {
    const { seq, n, at } = entries[hint - 1] ?? EMPTY_HEAD;
    await client.db().collection<{ _id: GroupId }>('heads').replaceOne({ _id: group }, { seq, n, at });
    t.deepEqual(await store.log.head(group), { seq: 1500, n: 1500, at: 1 }, `from ${hint}`);
  }
});

testMongo('mongo: heads are correct after hints were lost with their process, and a reader that finds the head stores it', async (t) => {
  const url = fresh(t);
  const [writer, kitchen, elsewhere] = [await openMongo({ url, ...PATIENT }), await insertGroup(t, url), aGroup()];
  for (const group of [kitchen, elsewhere]) await writer.log.append(group, messages(group, 300));
  await writer.close();
  await using client = new MongoClient(url);
  const [groups, heads] = ['groups', 'heads'].map((name) => client.db().collection<{ _id: GroupId; head?: Head }>(name));
  await groups?.updateOne({ _id: kitchen }, { $set: { head: { seq: 299, n: 299, at: 1 } } });
  await heads?.deleteOne({ _id: elsewhere });

  const end = { seq: 300, n: 300, at: 1 };
  const store = await openMongo({ url, ...PATIENT });
  t.deepEqual(
    await store.log.heads([kitchen, elsewhere]),
    new Map([
      [kitchen, end],
      [elsewhere, end],
    ]),
  );
  await store.close();
  t.deepEqual((await groups?.findOne({ _id: kitchen }))?.head, end);
  t.deepEqual(await heads?.findOne({ _id: elsewhere }), { _id: elsewhere, ...end });
});

testMongo('mongo: a single head is stored too when its hint was lost', async (t) => {
  const url = fresh(t);
  const [writer, kitchen] = [await openMongo({ url, ...PATIENT }), await insertGroup(t, url)];
  await writer.log.append(kitchen, messages(kitchen, 3));
  await writer.close();
  await using client = new MongoClient(url);
  const groups = client.db().collection<{ _id: GroupId; head: Head }>('groups');
  await groups.updateOne({ _id: kitchen }, { $set: { head: EMPTY_HEAD } });
  const store = await openMongo({ url, ...PATIENT });
  t.deepEqual(await store.log.head(kitchen), { seq: 3, n: 3, at: 1 });
  await store.close();
  t.deepEqual((await groups.findOne({ _id: kitchen }))?.head, { seq: 3, n: 3, at: 1 });
});

testMongo('mongo: several processes that open an empty database at once all succeed', async (t) => {
  const url = fresh(t);
  const stores = await Promise.all(Array.from({ length: 4 }, () => opened(t, url)));
  for (const store of stores) await store.ping();
  t.pass();
});

testMongo('migration: rows written before direct messages, code limits and notification levels are read with their defaults', async (t) => {
  const url = fresh(t);
  const [store, id, user] = [await opened(t, url), aGroup(), newUserId(systemRandom)];
  await using client = new MongoClient(url);
  const head = { seq: 0, n: 0, at: 0 };
  const old = { slug: 'old', name: 'Old', topic: '', open: true, archived: false, codeMac: 'mac', codeSealed: '', createdAt: 1 };
  await client
    .db()
    .collection<{ _id: string }>('groups')
    .insertOne({ _id: id, number: 1, slugs: ['old'], head, ...old } as { _id: string });
  const member = { group: id, user, in: true, role: 'member', rev: 1, by: user, lined: true, at: 1, mark: 3, came: 1 };
  await client
    .db()
    .collection<{ _id: string }>('memberships')
    .insertOne({ _id: `${id}/${user}`, ...member } as { _id: string });
  t.like(await store.groups.bySlug('old'), { id, kind: 'group', people: null, codeExpiresAt: null, codeUsesLeft: null });
  t.deepEqual(
    (await store.groups.list({ limit: 10, kind: 'group' })).map(({ slug }) => slug),
    ['old'],
  );
  t.deepEqual([await store.groups.count('group'), await store.groups.count('direct')], [1, 0]);
  t.true(await store.groups.takeUse(id, 'mac', 5));
  await store.groups.returnUse(id, 'mac');
  t.is((await store.groups.byId(id))?.codeUsesLeft, null);
  t.like(await store.memberships.get(id, user), { level: 'mentions', hidden: null, ceding: false, mark: 3 });
  t.true(await store.memberships.setPreferences(id, user, { level: 'nothing' }));
  t.like(await store.memberships.get(id, user), { level: 'nothing', hidden: null, mark: 3 });
});
