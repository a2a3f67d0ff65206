import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../lib/errors.ts';
import { newGroupId, newUid, newUserId, systemRandom } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, entryAfter, type Head } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import { connect } from '../../lib/store/sqlite/connection.ts';
import { lockServer } from '../../lib/store/sqlite/lock.ts';
import { migrate } from '../../lib/store/sqlite/migrate.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { MIGRATIONS } from '../../lib/store/sqlite/schema.ts';
import { everyContract } from './every-store.ts';
import type { Opened } from './store.ts';

async function open(): Promise<Opened> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-store-'));
  const file = join(dir, 'parley.sqlite');
  const store = await openSqlite({ file });
  const close = async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  };
  return { store, close, second: () => openSqlite({ file }) };
}
everyContract(test, open, 'sqlite');

/** A folder that is removed with the test. */
function tempDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-sqlite-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A store that is closed with the test. */
async function opened(t: ExecutionContext, file: string, busyTimeoutMs = 1500): Promise<Store> {
  const store = await openSqlite({ file, busyTimeoutMs });
  t.teardown(() => store.close());
  return store;
}

const group = newGroupId(systemRandom);
const author = newUserId(systemRandom);
const after = (head: Head, body = 'hello'): Entry =>
  entryAfter({ kind: 'message', author, uid: newUid(systemRandom), body, format: 'text' }, group, head, 1);

/** Runs JavaScript in a process of its own, in this folder's module scope; it is killed with the test. */
function child(t: ExecutionContext, script: string): { process: ChildProcess; lines: AsyncIterableIterator<string> } {
  const args = ['--input-type=module', '--eval', script];
  const spawned = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => spawned.kill('SIGKILL'));
  return { process: spawned, lines: createInterface(spawned.stdout)[Symbol.asyncIterator]() };
}

const lib = (path: string): string => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);

/** Appends `count` messages, each until it succeeds, and prints each seq once it is durable. */
const appender = (file: string, count: number): string => `
  import { openSqlite } from ${lib('store/sqlite/open.ts')};
  import { entryAfter } from ${lib('log/entry.ts')};
  const store = await openSqlite({ file: ${JSON.stringify(file)} });
  for (let k = 0; k < ${count}; ) {
    const head = await store.log.head('${group}');
    const entry = entryAfter({ kind: 'message', author: '${author}', uid: 'child ' + k, body: 'hi', format: 'text' }, '${group}', head, 1);
    const { written } = await store.log.append('${group}', [entry]);
    if (written === 1) { k++; console.log(entry.seq); }
  }
  await store.close();
`;

test('sqlite: written data exists after the file is opened again', async (t) => {
  const file = join(tempDir(t), 'missing', 'folder', 'parley.sqlite');
  const first = await openSqlite({ file });
  const entry = after(EMPTY_HEAD);
  await first.log.append(group, [entry]);
  await first.settings.putIfAbsent('key', 'value');
  await first.close();
  const again = await opened(t, file);
  t.deepEqual(await again.log.range(group, 1, 9), [entry]);
  t.is(await again.settings.get('key'), 'value');
});

test('sqlite: close completes pending writes', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const first = await openSqlite({ file });
  const append = first.log.append(group, [after(EMPTY_HEAD)]);
  await first.close();
  await first.close();
  t.deepEqual(await append, { written: 1 });
  t.is((await (await opened(t, file)).log.head(group)).seq, 1);
});

test('sqlite: close completes writes that wait until their part of the store is loaded', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const first = await openSqlite({ file });
  const session = { hash: 'a'.repeat(64), userId: null, data: '{}', expiresAt: 5 };
  const put = first.sessions.set(session);
  const taken = first.sessions.destroy('b'.repeat(64));
  await first.close();
  await put;
  await taken;
  t.like(await (await opened(t, file)).sessions.get(session.hash, 1), session);
});

test('sqlite: acknowledged writes survive kill -9', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const writer = child(t, appender(file, 1_000_000));
  let acknowledged = 0;
  for await (const line of writer.lines) {
    acknowledged = Number(line);
    if (acknowledged === 100) writer.process.kill('SIGKILL'); // and read the rest of its output
  }
  const store = await opened(t, file);
  const head = await store.log.head(group);
  t.true(acknowledged >= 100 && head.seq >= acknowledged, `${acknowledged} said, ${head.seq} there`);
  const seqs = (await store.log.range(group, 1, 999)).map(({ seq }) => seq);
  t.true(seqs.every((seq, index) => seq === index + 1));
});

test('sqlite: two processes that append to one log leave it dense', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const writers = [child(t, appender(file, 100)), child(t, appender(file, 100))]; // both make the schema, too
  const said = async (lines: AsyncIterable<string>): Promise<number[]> => {
    const seqs: number[] = [];
    for await (const line of lines) seqs.push(Number(line));
    return seqs;
  };
  const seqs = await Promise.all(writers.map(({ lines }) => said(lines)));
  const ascending = seqs.flat().toSorted((a, b) => a - b);
  t.deepEqual(
    ascending,
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
  t.deepEqual(await (await opened(t, file)).log.head(group), { seq: 200, n: 200, at: 1 });
});

test('sqlite: a store in memory keeps its own data until it is closed', async (t) => {
  const store = await opened(t, ':memory:');
  t.deepEqual(await store.log.append(group, [after(EMPTY_HEAD)]), { written: 1 });
  t.is((await store.log.head(group)).seq, 1);
  t.is((await (await opened(t, ':memory:')).log.head(group)).seq, 0);
});

test('sqlite: appends of one turn may depend on each other', async (t) => {
  const store = await opened(t, join(tempDir(t), 'parley.sqlite'));
  const entries: Entry[] = [];
  for (let k = 0; k < 100; k++) entries.push(after(entries.at(-1) ?? EMPTY_HEAD));
  const answers = await Promise.all(entries.map((entry) => store.log.append(group, [entry])));
  t.true(answers.every(({ written }) => written === 1));
  t.deepEqual(await store.log.range(group, 1, 100), entries);
});

test('sqlite: only the failed job of a transaction is rolled back', async (t) => {
  const store = await opened(t, ':memory:');
  const [elsewhere, good] = [newGroupId(systemRandom), after(EMPTY_HEAD)];
  const bug = { ...after(good), uid: { not: 'text' } as unknown as string };
  const rejected = store.log.append(elsewhere, [good, bug]);
  const written = store.log.append(group, [after(EMPTY_HEAD)]);
  await t.throwsAsync(rejected, { instanceOf: TypeError });
  t.deepEqual(await written, { written: 1 });
  t.is((await store.log.head(group)).seq, 1);
  t.is((await store.log.head(elsewhere)).seq, 0);
});

test('sqlite: a file locked by another process is unavailable for writing and can be read', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const store = await opened(t, file, 20);
  const entry = after(EMPTY_HEAD);
  await store.log.append(group, [entry]);
  const locker = new DatabaseSync(file);
  locker.exec('BEGIN IMMEDIATE');
  const [append, ...others] = await Promise.allSettled([
    store.log.append(group, [after(entry)]),
    store.settings.putIfAbsent('k', 'v'),
    store.sessions.destroy('h'),
  ]);
  t.deepEqual(append, { status: 'fulfilled', value: { written: 0, stopped: 'unknown' } });
  for (const other of others) t.true(other.status === 'rejected' && other.reason instanceof StoreUnavailable);
  t.deepEqual(await store.log.range(group, 1, 9), [entry]);
  locker.close();
  t.deepEqual(await store.log.append(group, [after(entry)]), { written: 1 });
});

test.serial('sqlite: a locked file delays the process once for the full wait, then not again until a write succeeds', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const busyTimeoutMs = 400;
  const store = await openSqlite({ file, busyTimeoutMs });
  t.teardown(() => store.close());
  const other = new DatabaseSync(file);
  t.teardown(() => other.close());
  const refusedAfterMs = async (): Promise<number> => {
    const startedAt = performance.now();
    await t.throwsAsync(store.settings.putIfAbsent('k', 'v'), { instanceOf: StoreUnavailable });
    return performance.now() - startedAt;
  };
  for (const round of [1, 2]) {
    other.exec('BEGIN IMMEDIATE');
    t.true((await refusedAfterMs()) >= busyTimeoutMs, `round ${round}: whoever holds it may be done at once`);
    for (const again of [1, 2, 3]) t.true((await refusedAfterMs()) < busyTimeoutMs / 2, `round ${round}, attempt ${again}`);
    other.exec('ROLLBACK');
    t.is(await store.settings.putIfAbsent(`free ${round}`, 'v'), 'v');
  }
});

test('a closed store is unavailable', async (t) => {
  const store = await openSqlite({ file: ':memory:' });
  await store.close();
  t.deepEqual(await store.log.append(group, [after(EMPTY_HEAD)]), { written: 0, stopped: 'unknown' });
  const calls = [() => store.ping(), () => store.log.head(group), () => store.settings.get('k'), () => store.users.update(author, {})];
  for (const call of calls) await t.throwsAsync(call, { instanceOf: StoreUnavailable });
});

test('sqlite: a file that is no database is unavailable', async (t) => {
  await t.throwsAsync(openSqlite({ file: tempDir(t) }), { instanceOf: StoreUnavailable });
});

test('sqlite: without a free file handle the fault is named, and ends when there is one', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  await (await openSqlite({ file })).close();
  const script = `
    import { closeSync, openSync } from 'node:fs';
    import { connect } from ${lib('store/sqlite/connection.ts')};
    const taken = [];
    const faultOf = () => {
      try {
        const db = connect(${JSON.stringify(file)}, 100);
        db.one('SELECT count(*) FROM users');
        db.close();
        return 'none';
      } catch (error) {
        return error.fault + ' ' + error.message;
      }
    };
    faultOf(); // loads what it needs
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {}
    const without = faultOf();
    for (const handle of taken) closeSync(handle);
    console.log(without);
    console.log(faultOf());
  `;
  const limited = spawn('sh', ['-c', 'ulimit -n 256; exec "$0" --input-type=module --eval "$1"', process.execPath, script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => limited.kill('SIGKILL'));
  const lines: string[] = [];
  for await (const line of createInterface(limited.stdout)) lines.push(line);
  t.regex(lines[0] ?? '', /^handles .*this process has no free file handle/);
  t.is(lines[1], 'none');
});

test('sqlite: a file of a newer version is refused and not changed', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  await (await openSqlite({ file })).close();
  const newer = new DatabaseSync(file);
  t.teardown(() => newer.close());
  newer.exec('PRAGMA user_version = 1000');
  const error = await t.throwsAsync(openSqlite({ file }), { instanceOf: Error });
  t.regex(error?.message ?? '', /newer Parley \(schema 1000, this one knows up to \d+\)/);
  t.is(newer.prepare('PRAGMA user_version').get()?.user_version, 1000);
});

test('sqlite: migrations run once, in order, each step whole or not at all', (t) => {
  const db = connect(':memory:', 0);
  t.teardown(() => db.close());
  const steps = ['CREATE TABLE a (x TEXT) STRICT', `INSERT INTO a VALUES ('kept')`];
  migrate(db, steps);
  migrate(db, steps);
  t.throws(() => migrate(db, [...steps, 'ALTER TABLE a ADD COLUMN y TEXT; no SQL']));
  t.deepEqual(
    db.all('SELECT * FROM a').map((row) => ({ ...row })),
    [{ x: 'kept' }],
  );
  migrate(db, [...steps, 'ALTER TABLE a ADD COLUMN y TEXT']);
  t.deepEqual(
    db.all('SELECT * FROM a').map((row) => ({ ...row })),
    [{ x: 'kept', y: null }],
  );
});

test('sqlite: a data folder admits one server', (t) => {
  const dir = join(tempDir(t), 'data');
  const first = lockServer(dir);
  t.throws(() => lockServer(dir), { message: `Another Parley server is using ${dir}; stop it, or give this one its own DATA_DIR.` });
  first.release();
  first.release();
  lockServer(dir).release();
});

test('sqlite: kill -9 releases the data folder', async (t) => {
  const dir = tempDir(t);
  const holder = child(
    t,
    `import { lockServer } from ${lib('store/sqlite/lock.ts')};
     globalThis.lock = lockServer(${JSON.stringify(dir)});
     console.log('locked');
     process.stdin.resume();`,
  );
  t.is((await holder.lines.next()).value, 'locked');
  t.throws(() => lockServer(dir), { message: /Another Parley server/ });
  holder.process.kill('SIGKILL');
  await once(holder.process, 'exit');
  lockServer(dir).release();
  t.pass();
});

test('sqlite signals: a signal reaches the listeners of other connections in order, not its own', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const [server, cli] = [await opened(t, file), await opened(t, file)];
  await cli.signals?.emit('before anybody listened');
  const heard: string[] = [];
  const { promise, resolve } = Promise.withResolvers<number>();
  const own: string[] = [];
  cli.signals?.listen((payload) => own.push(payload));
  // The listener's timer keeps no process alive. On a busy machine this one is as late as the listener's.
  let ticks = 0;
  const keepAlive = setInterval(() => (ticks += 1), 200);
  t.teardown(() => clearInterval(keepAlive));
  server.signals?.listen((payload) => {
    heard.push(payload);
    if (payload === '{"last":true}') resolve(ticks);
  });
  for (const payload of ['one', `{"$ne":"'"}`, '{"last":true}']) await cli.signals?.emit(payload);
  const emitted = ticks;
  const waited = (await promise) - emitted;
  t.deepEqual(heard, ['one', `{"$ne":"'"}`, '{"last":true}']);
  t.deepEqual(own, []);
  t.true(waited <= 3, `heard after ${waited} ticks of 200 ms`);
});

test('sqlite signals: a stopped listener gets no more signals', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const [server, cli] = [await opened(t, file), await opened(t, file)];
  const heard: string[] = [];
  const stop = server.signals?.listen((payload) => heard.push(payload));
  const keepAlive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(keepAlive));
  stop?.();
  const later = new Promise((resolve) => server.signals?.listen(resolve));
  await cli.signals?.emit('late');
  t.is(await later, 'late');
  t.deepEqual(heard, []);
});

test('sqlite signals: old signals are deleted when new ones are written', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const store = await opened(t, file);
  await store.signals?.emit('old');
  const db = connect(file, 1000);
  t.teardown(() => db.close());
  db.run('UPDATE signals SET at = at - 61');
  await Promise.all(Array.from({ length: 64 }, () => store.signals?.emit('new')));
  t.deepEqual(
    db.all('SELECT DISTINCT payload FROM signals').map((row) => ({ ...row })),
    [{ payload: 'new' }],
  );
});

test('migration: rows written before direct messages, code limits and notification levels are read with their defaults', async (t) => {
  const file = join(tempDir(t), 'parley.sqlite');
  const before = connect(file, 1000);
  migrate(before, MIGRATIONS.slice(0, 2));
  before.exec(`
    INSERT INTO groups VALUES ('g', 1, 'old', 'Old', '', 1, 0, 'mac', '', 1);
    INSERT INTO slugs VALUES ('old', 'g');
    INSERT INTO memberships VALUES ('g', 'u', 1, 'member', 1, 'u', 1, 1, 3, 1);
  `);
  before.close();
  const store = await opened(t, file);
  const group = await store.groups.bySlug('old');
  t.like(group, { kind: 'group', people: null, codeExpiresAt: null, codeUsesLeft: null });
  t.deepEqual([await store.groups.count('group'), await store.groups.count('direct')], [1, 0]);
  t.true(await store.groups.takeUse(group?.id ?? ('' as never), 'mac', 5));
  const [member] = await store.memberships.ofGroup(group?.id ?? ('' as never));
  t.like(member, { level: 'mentions', hidden: null, ceding: false, mark: 3 });
});
