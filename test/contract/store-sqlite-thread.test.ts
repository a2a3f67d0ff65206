import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../lib/errors.ts';
import { newGroupId, newUid, newUserId, systemRandom } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, entryAfter, type Head } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import type { Job } from '../../lib/store/sqlite/writing/remote.ts';
import type { Commit } from '../../lib/store/sqlite/writing/transaction.ts';
import { createWriter } from '../../lib/store/sqlite/writing/writer.ts';
import { everyContract } from './every-store.ts';
import type { Opened } from './store.ts';

const MINUTE = 60_000;

async function open(): Promise<Opened> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-store-'));
  const file = join(dir, 'parley.sqlite');
  const second = async (): Promise<Store> => {
    const store = await openSqlite({ file });
    await store.startWriterThread?.();
    return store;
  };
  const store = await second();
  const close = async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  };
  return { store, close, second };
}
everyContract(test, open, 'sqlite with a writer thread');

type Options = { readonly busyTimeoutMs?: number; readonly onFault?: (error: StoreUnavailable) => void };
type Threaded = { readonly store: Store; readonly file: string; readonly worker: Worker };

/** A store that writes on a thread, closed with the test. `prepare` runs before the thread has opened the file. */
async function threaded(
  t: ExecutionContext,
  options: Options = {},
  prepare?: (store: Store, file: string) => Promise<void>,
): Promise<Threaded> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-sqlite-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'parley.sqlite');
  const store = await openSqlite({ file, ...options });
  t.teardown(() => store.close());
  await prepare?.(store, file);
  const made = once(process, 'worker') as Promise<[Worker]>;
  await store.startWriterThread?.();
  const [worker] = await made;
  return { store, file, worker };
}

const group = newGroupId(systemRandom);
const author = newUserId(systemRandom);
const after = (head: Head, body = 'hello'): Entry =>
  entryAfter({ kind: 'message', author, uid: newUid(systemRandom), body, format: 'text' }, group, head, 1);

test.serial(
  'writer thread: while another program has the file locked, reads and timers go on, and the write is made afterwards',
  async (t) => {
    const { store, file } = await threaded(t, { busyTimeoutMs: 10 * MINUTE });
    const locker = new DatabaseSync(file);
    t.teardown(() => locker.close());
    locker.exec('BEGIN IMMEDIATE');
    let isWritten = false;
    const append = store.log.append(group, [after(EMPTY_HEAD)]).finally(() => {
      isWritten = true;
    });
    const [before, startedAt] = [performance.eventLoopUtilization(), performance.now()];
    for (let ticks = 0; ticks < 20; ticks += 1) {
      await once(AbortSignal.timeout(10), 'abort');
      t.is((await store.log.head(group)).seq, 0);
    }
    const { active } = performance.eventLoopUtilization(before);
    const waited = performance.now() - startedAt;
    t.true(active < waited / 2, `active for ${active} of ${waited} ms`);
    t.false(isWritten);
    locker.exec('ROLLBACK');
    t.deepEqual(await append, { written: 1 });
    t.is((await store.log.head(group)).seq, 1, 'what is acknowledged can be read');
  },
);

test.serial('writer thread: a file that stays locked rejects all that waits, and names the cause', async (t) => {
  const faults: StoreUnavailable[] = [];
  const { store, file } = await threaded(t, { busyTimeoutMs: 50, onFault: (fault) => faults.push(fault) });
  const locker = new DatabaseSync(file);
  t.teardown(() => locker.close());
  locker.exec('BEGIN IMMEDIATE');
  const [append, put] = await Promise.allSettled([store.log.append(group, [after(EMPTY_HEAD)]), store.settings.put('k', 'v')]);
  t.deepEqual(append, { status: 'fulfilled', value: { written: 0, stopped: 'unknown' } });
  t.true(put.status === 'rejected' && put.reason instanceof StoreUnavailable && put.reason.fault === 'locked');
  t.deepEqual(
    faults.map(({ fault }) => fault),
    ['locked'],
  );
  locker.exec('ROLLBACK');
  t.deepEqual(await store.log.append(group, [after(EMPTY_HEAD)]), { written: 1 });
});

test.serial('writer thread: appends of one turn may depend on each other, and only a failed job is rolled back', async (t) => {
  const { store } = await threaded(t);
  const [elsewhere, first] = [newGroupId(systemRandom), after(EMPTY_HEAD)];
  const bug = { ...after(first), uid: { not: 'text' } as unknown as string };
  const rejected = store.log.append(elsewhere, [first, bug]);
  const written = store.log.append(group, [first]);
  const following = store.log.append(group, [after(first)]);
  await t.throwsAsync(rejected, { instanceOf: TypeError });
  t.deepEqual([await written, await following], [{ written: 1 }, { written: 1 }]);
  t.is((await store.log.head(elsewhere)).seq, 0);
});

test.serial('writer thread: what cannot be passed to it is rejected, and later writes are made', async (t) => {
  const { store } = await threaded(t);
  await t.throwsAsync(store.settings.put('k', (() => {}) as unknown as string), { name: 'DataCloneError' });
  await store.settings.put('k', 'v');
  t.is(await store.settings.get('k'), 'v');
});

test.serial('writer thread: a damaged page is reported with its cause and code', async (t) => {
  const faults: StoreUnavailable[] = [];
  const { store } = await threaded(t, { onFault: (fault) => faults.push(fault) }, async (opened, file) => {
    await opened.settings.put('k', 'v');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const row = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'settings'").get() as { rootpage: number };
    db.close();
    const handle = await openFile(file, 'r+');
    await handle.write(Buffer.alloc(4096, 0xee), 0, 4096, (row.rootpage - 1) * 4096);
    await handle.close();
  });
  const error = await t.throwsAsync(store.settings.put('k', 'w'), {
    instanceOf: StoreUnavailable,
    message: /it is damaged \(SQLITE_CORRUPT/,
  });
  t.like(error, { fault: 'damaged', cause: { code: 'ERR_SQLITE_ERROR', errcode: 11 } });
  t.true(faults.some(({ fault }) => fault === 'damaged'));
});

test.serial('writer thread: close completes pending writes and ends it', async (t) => {
  const { store, file, worker } = await threaded(t);
  const ended = once(worker, 'exit');
  const append = store.log.append(group, [after(EMPTY_HEAD)]);
  await Promise.all([store.close(), store.close()]);
  t.deepEqual(await append, { written: 1 });
  t.deepEqual(await ended, [0]);
  await t.throwsAsync(store.settings.put('k', 'v'), { instanceOf: StoreUnavailable, message: /closed/ });
  const again = await openSqlite({ file });
  t.teardown(() => again.close());
  t.is((await again.log.head(group)).seq, 1);
});

test.serial(
  'writer thread: when it dies, what it has not answered is unknown, later writes succeed, and another one is started',
  async (t) => {
    const faults: StoreUnavailable[] = [];
    const { store, file, worker } = await threaded(t, { busyTimeoutMs: 10 * MINUTE, onFault: (fault) => faults.push(fault) });
    const next = once(process, 'worker');
    const locker = new DatabaseSync(file);
    t.teardown(() => locker.close());
    locker.exec('BEGIN IMMEDIATE');
    const append = store.log.append(group, [after(EMPTY_HEAD)]);
    for (let turns = 0; turns < 5; turns += 1) await nextTurn(); // until it is asked
    await worker.terminate();
    locker.exec('ROLLBACK');
    const { written } = await append;
    t.is((await store.log.head(group)).seq, written);
    await store.settings.put('k', 'v');
    t.is(await store.settings.get('k'), 'v');
    const keepAlive = setInterval(() => {}, 1000); // the pause before the next thread does not
    await next;
    clearInterval(keepAlive);
    await store.settings.put('k', 'w');
    t.is(await store.settings.get('k'), 'w');
    t.regex(faults[0]?.message ?? '', /The thread that writes to .* has ended/);
  },
);

test.serial('writer thread: cached lookups stay valid over messages, and not over changes of whoever may read and write', async (t) => {
  const { store, file } = await threaded(t);
  const other = await openSqlite({ file });
  t.teardown(() => other.close());
  const changed = (): boolean => store.signals?.changed() ?? false;
  changed();
  const first = after(EMPTY_HEAD);
  await store.log.append(group, [first]);
  t.false(changed(), 'an own message');
  await other.log.append(group, [after(first)]);
  t.false(changed(), 'a message of another process');
  await other.sessions.set({ hash: 'h', userId: author, data: '{}', expiresAt: 1 });
  t.true(changed(), 'a session of another process');
  t.false(changed());
  await other.sessions.destroy('h');
  t.true(changed());
});

test.serial('writer thread: a scrubbed text leaves no byte in the file and its write-ahead log', async (t) => {
  const { store, file } = await threaded(t);
  const secret = 'the-secret-ingredient';
  const message = after(EMPTY_HEAD, secret);
  await store.log.append(group, [message]);
  const bytesHold = (path: string): boolean => readFileSync(path).includes(secret);
  t.true(bytesHold(file) || bytesHold(`${file}-wal`), 'the search would find it');
  await store.log.scrub(group, message.seq, message.seq + 1);
  t.false(bytesHold(file));
  t.false(bytesHold(`${file}-wal`));
});

test.serial('writer: what waits longer for the disk than it may is rejected, and is not written later unless it was begun', async (t) => {
  const faults: StoreUnavailable[] = [];
  const begun: (readonly Job[])[] = [];
  const { promise: disk, resolve: answer } = Promise.withResolvers<void>();
  const commit: Commit = async (jobs) => {
    begun.push(jobs);
    await disk;
    return { outcomes: jobs.map(() => ({ value: 'written' })), diskMs: 0 };
  };
  const writer = createWriter(commit, { busyTimeoutMs: MINUTE, diskWaitMs: 1, onFault: (fault) => faults.push(fault) });
  writer.commitBy(commit);
  const first = writer.write(['table', 'first', []]);
  while (begun.length === 0) await nextTurn();
  const second = writer.write(['table', 'second', []]);
  const keepAlive = setInterval(() => {}, 1000);
  for (const late of [first, second]) await t.throwsAsync(late, { instanceOf: StoreUnavailable, message: /The disk has not written for/ });
  t.is(faults[0]?.fault, 'io');
  answer();
  t.is(await writer.write(['table', 'third', []]), 'written');
  clearInterval(keepAlive);
  t.deepEqual(
    begun.flat().map(([, name]) => name),
    ['first', 'third'],
  );
  await writer.close();
});
