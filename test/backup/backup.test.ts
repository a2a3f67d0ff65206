import { copyFile, open, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import { createArchive, readArchive } from '../../lib/backup/archive.ts';
import { LOCAL_SETTINGS } from '../../lib/backup/port.ts';
import { restoreBackup } from '../../lib/backup/restore.ts';
import { verifyBackup } from '../../lib/backup/verify.ts';
import { readConfig } from '../../lib/config.ts';
import { newGroupId, systemRandom } from '../../lib/ids.ts';
import { openCore } from '../../lib/open-core.ts';
import { textDraft, wholeLog } from '../helpers/core-fixture.ts';
import { PATIENT_MS } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { backUp, dataOf, draft, emptyStore, folderOf, KINDS, type Kind, mongo, openFilled, postFile } from './data.ts';

// One after the other: indexing several new databases at once takes a test server long.
const testOn = (kind: Kind) => (kind === 'mongo' ? requireOrSkip(test, mongo) : test).serial;

for (const from of KINDS)
  for (const to of KINDS)
    testOn(from === 'mongo' ? from : to)(
      `a backup of ${from} restored into ${to} has the same data, byte for byte, in a second backup`,
      async (t) => {
        const { core } = await openFilled(t, from);
        const first = await backUp(t, core.store);
        t.deepEqual((await verifyBackup(first.path)).problems, []);
        const { store, settings } = await emptyStore(t, to);
        t.is((await restoreBackup(store, [first.path])).id, first.manifest.id);

        const second = await backUp(t, store);
        t.deepEqual(await dataOf(second.path), await dataOf(first.path));
        t.deepEqual(second.manifest.heads, first.manifest.heads);
        t.deepEqual(second.manifest.counts, first.manifest.counts);
        await opens(t, settings, core);
      },
    );

/** Opens the restored store as a server does: it reads, finds, posts on, and gives out files. */
async function opens(t: ExecutionContext, settings: Record<string, string>, source: Awaited<ReturnType<typeof openCore>>): Promise<void> {
  const core = await openCore(readConfig({ LOG_LEVEL: 'silent', ...settings }), { role: 'visitor', storeWaitMs: PATIENT_MS });
  t.teardown(core.close);
  const group = await core.store.groups.bySlug('kitchen');
  if (!group) return t.fail('the former slug is lost');
  t.is(group.slug, 'great-kitchen');
  const entries = await wholeLog(core, group.id);
  t.deepEqual(entries, await wholeLog(source, group.id));
  t.deepEqual(
    await core.store.groups.listUnannounced(Number.MAX_SAFE_INTEGER, 10),
    await source.store.groups.listUnannounced(Number.MAX_SAFE_INTEGER, 10),
  );
  const threads = await core.store.log.threads(
    group.id,
    entries.map(({ seq }) => seq),
  );
  t.deepEqual(
    [...threads.values()].map(({ replies }) => replies),
    [1],
  );
  const ann = await core.store.users.byNameKey('ann');
  if (!ann) return t.fail('ann is lost');
  const counted = [{ group: group.id, after: 0 }];
  const eve = await core.store.users.byNameKey('eve');
  t.deepEqual(await core.store.log.countMentions(eve?.id ?? ann.id, counted), new Map([[group.id, 1]]));
  const posted = await core.appender.append(group.id, textDraft(ann.id, 'afterwards'));
  t.is(posted.seq, (entries.at(-1)?.seq ?? 0) + 1);
  t.deepEqual(
    await core.store.groups
      .insert({ ...group, id: 'newgroup' as never, slug: 'new', codeMac: 'new' })
      .then((made) => typeof made === 'object' && made.number),
    group.number + 2,
  );
}

for (const kind of KINDS)
  testOn(kind)(`${kind}: a full backup and two that continue it give the state of the last one`, async (t) => {
    const opened = await openFilled(t, kind);
    const { core, group, ann, bob } = opened;
    const { store } = core;
    const late = { ...group, id: newGroupId(systemRandom), slug: 'late', codeMac: 'late' };
    await store.groups.insert(late);
    await core.appender.append(late.id, textDraft(ann.id, 'of a group that is deleted'));
    const full = await backUp(t, store);
    await store.removals.mark(late.id, 1);
    const removed = await postFile(opened, 70_000);
    const second = await backUp(t, store, full.manifest);
    while (!(await store.removals.purge(late.id, 10)));
    await store.removals.remove(late.id);
    await store.log.scrub(group.id, 5, 9); // due since before the first backup
    await store.files.remove(removed.id);
    await core.appender.append(group.id, draft(ann, { kind: 'unpin', target: 4 }));
    await store.log.clearPins(group.id, 4, 1_000);
    await core.appender.append(group.id, draft(bob, { kind: 'edit', target: 4, body: 'now', format: 'text' }));
    await postFile(opened, 10);
    const third = await backUp(t, store, second.manifest);
    const whole = await backUp(t, store);
    for (const { path } of [second, third]) t.deepEqual((await verifyBackup(path)).problems, []);
    t.true((await stat(third.path)).size < (await stat(whole.path)).size / 2, 'the last one has no old content');

    const { store: target } = await emptyStore(t, kind === 'mongo' ? 'sqlite' : 'mongo');
    await t.throwsAsync(restoreBackup(target, [third.path]), { message: /continues the backup/ });
    await t.throwsAsync(restoreBackup(target, [full.path, third.path]), { message: /continues the backup .*, not / });
    t.true(await target.backup.isEmpty());
    await restoreBackup(target, [full.path, second.path, third.path]);
    t.deepEqual(await dataOf((await backUp(t, target)).path), await dataOf(whole.path));
    t.is(await target.files.read(removed.id, 'whole'), undefined);
  });

for (const kind of KINDS)
  testOn(kind)(`${kind}: a backup made while others write is complete up to one entry of each log, and opens`, async (t) => {
    const { core, group, ann } = await openFilled(t, kind);
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n += 1) {
        const { seq } = await core.appender.append(group.id, textDraft(ann.id, `text ${n}`));
        await core.store.memberships.advanceMark(group.id, ann.id, seq);
        await core.store.saved.put({ user: ann.id, group: group.id, seq, at: seq });
      }
    })();
    const before = await core.store.log.head(group.id);
    const { path, manifest } = await backUp(t, core.store);
    isOver = true;
    await writing;
    t.deepEqual((await verifyBackup(path)).problems, []);
    t.true((manifest.heads[group.id]?.seq ?? 0) >= before.seq);
    const { store } = await emptyStore(t, kind);
    await restoreBackup(store, [path]);
    t.deepEqual(await store.log.head(group.id), manifest.heads[group.id] ?? before);
    const member = await store.memberships.get(group.id, ann.id);
    t.true((member?.mark ?? 0) <= (manifest.heads[group.id]?.n ?? 0), 'no mark behind the end of the log');
    t.true((await store.saved.list(ann.id, { limit: 1000 })).every(({ seq }) => seq <= (manifest.heads[group.id]?.seq ?? 0)));
  });

test('damage anywhere in a backup is found, and nothing is restored from it', async (t) => {
  const { core } = await openFilled(t, 'sqlite');
  const { path } = await backUp(t, core.store);
  const { size } = await stat(path);
  const copy = join(await folderOf(t), 'copy.tar');
  const { store } = await emptyStore(t, 'sqlite');
  const places = [...Array(60).keys()].map((index) => Math.floor((index * size) / 60) + 7);
  const original = await readFile(path);
  for (const place of places) {
    await copyFile(path, copy);
    const handle = await open(copy, 'r+');
    await handle.write(Buffer.from([(original[place] ?? 0) ^ 0x41]), 0, 1, place);
    await handle.close();
    const found = await verifyBackup(copy).then(
      ({ problems }) => problems.length > 0,
      (error: Error) => /is not a backup/.test(error.message),
    );
    const isPadding = original[place] === 0 && !found; // zeros between members and at the end have no meaning
    t.true(found || isPadding, `a changed byte at ${place} of ${size} is found`);
    if (found) await t.throwsAsync(restoreBackup(store, [copy]));
  }
  for (const bytes of [0, 1, 511, 512, 700, size / 2, size - 2000].map(Math.floor)) {
    await copyFile(path, copy);
    await truncate(copy, bytes);
    const found = await verifyBackup(copy).then(
      ({ problems }) => problems.some((problem) => /cut off|read to its end/.test(problem)),
      (error: Error) => /is not a backup/.test(error.message),
    );
    t.true(found, `cut to ${bytes} bytes`);
    await t.throwsAsync(restoreBackup(store, [copy]));
  }
  t.true(await store.backup.isEmpty());
  await restoreBackup(store, [path]); // the allowed twin
});

test('members of an archive that a reader leaves unread do not hold up those after them', async (t) => {
  const path = join(await folderOf(t), 'archive.tar');
  const archive = await createArchive(path);
  const sizes = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? 4_000_000 : 100));
  for (const [index, bytes] of sizes.entries()) await archive.add(`member ${index}`, bytes, [new Uint8Array(bytes)]);
  await archive.finish();
  for (const unread of [0, 1]) {
    const read: number[] = [];
    for await (const { bytes, content } of readArchive(path)) {
      read.push(bytes);
      if (read.length % 2 !== unread) for await (const _ of content);
    }
    t.deepEqual(read, sizes);
  }
});

test('content that the store itself has lost is named by the backup, which stays usable', async (t) => {
  const opened = await openFilled(t, 'sqlite');
  const { id } = await postFile(opened, 5_000);
  await truncate(join(opened.file, '..', 'files', id.slice(0, 2), id), 100);
  const { path, manifest } = await backUp(t, opened.core.store);
  t.deepEqual(manifest.damaged, [{ file: id, reason: 'has 100 bytes instead of 5000' }]);
  t.deepEqual((await verifyBackup(path)).problems, []);
  const { store } = await emptyStore(t, 'sqlite');
  await restoreBackup(store, [path]);
});

for (const kind of KINDS) {
  testOn(kind)(`${kind}: a store that is in use is not restored into`, async (t) => {
    const { core } = await openFilled(t, kind);
    const { path } = await backUp(t, core.store);
    const before = await dataOf((await backUp(t, core.store)).path);
    await t.throwsAsync(restoreBackup(core.store, [path]), { message: /in use/ });
    t.deepEqual(await dataOf((await backUp(t, core.store)).path), before);
  });

  testOn(kind)(`${kind}: no server starts on a half restored store, and the same restore completes it`, async (t) => {
    const { core } = await openFilled(t, kind);
    const [{ path }, other] = [await backUp(t, core.store), await backUp(t, core.store)];
    const { store, settings } = await emptyStore(t, kind);
    const puts = store.backup.putRecords;
    let left = 4;
    const failing = {
      ...store,
      backup: {
        ...store.backup,
        putRecords: (...args: Parameters<typeof puts>) => (left-- > 0 ? puts(...args) : Promise.reject(new Error('power failure'))),
      },
    };
    await t.throwsAsync(restoreBackup(failing, [path]), { message: 'power failure' });
    await t.throwsAsync(openCore(readConfig({ LOG_LEVEL: 'silent', ...settings }), { role: 'server' }), {
      message: /restore .* interrupted/,
    });
    await t.throwsAsync(restoreBackup(store, [other.path]), { message: /in use/ });
    await restoreBackup(store, [path]);
    t.deepEqual(await dataOf((await backUp(t, store)).path), await dataOf(path));
    const opened = await openCore(readConfig({ LOG_LEVEL: 'silent', ...settings }), { role: 'server' });
    await opened.close();
  });
}

/** Made anew from the logs, or of no use elsewhere. */
const NOT_COPIED = /^(search|search_.*|signals|ephemerals|lookup_version|content_keys|sqlite_.*)$/;

test('every table of the database is copied: one that is added must be added to the backup', async (t) => {
  const { core, file } = await openFilled(t, 'sqlite');
  const { path } = await backUp(t, core.store);
  const { store, settings } = await emptyStore(t, 'sqlite');
  await restoreBackup(store, [path]);
  const [before, after] = [rowsOf(file), rowsOf(join(settings.DATA_DIR ?? '', 'parley.db'))];
  for (const [table, rows] of Object.entries(before)) {
    t.true(rows.length > 0, `test/backup/data.ts fills the table ${table}`);
    t.deepEqual(after[table], rows, table);
  }
});

/** The order of the fields in stored JSON has no meaning. */
const withParsedJson = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, cell]) => [name, typeof cell === 'string' && /^[{[]/.test(cell) ? JSON.parse(cell) : cell]),
  );

function rowsOf(file: string): Record<string, unknown[]> {
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all() as { name: string }[];
  const local = (row: object) => 'key' in row && 'value' in row && LOCAL_SETTINGS.includes(String(row.key));
  const rows = tables
    .filter(({ name }) => !NOT_COPIED.test(name))
    .map(({ name }) => [
      name,
      db
        .prepare(`SELECT * FROM ${name} ORDER BY 1, 2`)
        .all()
        .filter((row) => !local(row))
        .map(withParsedJson),
    ]);
  db.close();
  return Object.fromEntries(rows);
}
