import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { MongoClient } from 'mongodb';
import { openMongo } from '../../lib/store/mongo/open.ts';
import { lockServer } from '../../lib/store/sqlite/lock.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { MIGRATIONS } from '../../lib/store/sqlite/schema.ts';
import { freshSettings, parley, refused } from '../cli/cli.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { mongo, OLD_SCHEMA, oldDatabase, oldFolder } from './stored.ts';

const onMongo = requireOrSkip(test, mongo);

/** Runs JavaScript in a process of its own; resolves to the signal that ended it, with what it wrote to standard error. */
async function signalOf(script: string): Promise<readonly [NodeJS.Signals | null, string]> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return [signal, said];
}

const lib = (path: string): string => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);

/** Migrates a file and is killed within the step that leads from version `at` to the next. */
const killedIn = (file: string, at: number): string => `
  import { connect } from ${lib('store/sqlite/connection.ts')};
  import { migrate } from ${lib('store/sqlite/migrate.ts')};
  import { MIGRATIONS } from ${lib('store/sqlite/schema.ts')};
  const run = (db, step) => {
    if (typeof step === 'string') db.exec(step);
    else step.run(db);
    process.kill(process.pid, 'SIGKILL');
  };
  const steps = MIGRATIONS.map((step, index) => (index === ${at} ? { what: 'killed', over: [], run: (db) => run(db, step) } : step));
  migrate(connect(${JSON.stringify(file)}, 1000), steps);
`;

function inside<T>(file: string, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file);
  try {
    return read(db);
  } finally {
    db.close();
  }
}

const versionOf = (file: string): unknown => inside(file, (db) => db.prepare('PRAGMA user_version').get()?.user_version);

/** The columns and indexes of each table. Not its SQL, which names columns in the order in which they were added. */
const shapeOf = (file: string): unknown =>
  inside(file, (db) => {
    const names = db.prepare("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name").all();
    return names.map((row) => {
      const columns = db
        .prepare('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name')
        .all(String(row.name));
      return { ...row, columns: columns.map((column) => ({ ...column })) };
    });
  });

test('sqlite: a migration killed within any step continues with that step, and ends as a new store begins', async (t) => {
  const folder = oldFolder(t);
  const file = join(folder, 'parley.db');
  t.is(versionOf(file), OLD_SCHEMA);
  for (let at = OLD_SCHEMA; at < MIGRATIONS.length; at += 1) {
    const [signal, said] = await signalOf(killedIn(file, at));
    t.is(signal, 'SIGKILL', said);
    t.is(versionOf(file), at, 'the steps before are kept, the killed one left nothing');
  }
  const store = await openSqlite({ file });
  t.is((await store.users.list({ limit: 9 })).length, 3);
  t.deepEqual(await store.inspect?.(), []);
  await store.close();
  t.is(versionOf(file), MIGRATIONS.length);
  const fresh = join((await freshSettings(t)).DATA_DIR, 'parley.db');
  await (await openSqlite({ file: fresh })).close();
  t.deepEqual(shapeOf(file), shapeOf(fresh));
});

/** Takes the first step and is killed after it has changed one record. */
const killedAtFirstUser = (url: string): string => `
  import { MongoClient } from ${JSON.stringify(import.meta.resolve('mongodb'))};
  import { migrate, MIGRATIONS } from ${lib('store/mongo/migrate.ts')};
  const [first, ...others] = MIGRATIONS;
  const run = (collections) => {
    const users = new Proxy(collections.users, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (name !== 'updateOne') return typeof method === 'function' ? method.bind(target) : method;
        return (...args) => target.updateOne(...args).then(() => process.kill(process.pid, 'SIGKILL'));
      },
    });
    return first.run({ ...collections, users });
  };
  const client = await MongoClient.connect(${JSON.stringify(url)});
  await migrate(client.db(), [{ ...first, run }, ...others]);
`;

async function withDatabase<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(url);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const schemaIn = (url: string): Promise<unknown> =>
  withDatabase(
    url,
    async (client) => (await client.db().collection<{ _id: string; value: string }>('settings').findOne({ _id: 'schema' }))?.value,
  );

const completedIn = (url: string): Promise<number> =>
  withDatabase(url, (client) =>
    client
      .db()
      .collection('users')
      .countDocuments({ skeleton: { $exists: true } }),
  );

onMongo('mongo: a migration killed in the middle of a step is completed by the next start', async (t) => {
  const url = await oldDatabase(t);
  const [signal, said] = await signalOf(killedAtFirstUser(url));
  t.is(signal, 'SIGKILL', said);
  t.deepEqual([await schemaIn(url), await completedIn(url)], [undefined, 1]);
  await (await openMongo({ url, serverSelectionTimeoutMs: 30_000 })).close();
  t.is(await completedIn(url), 3);
  t.regex(String(await schemaIn(url)), /^\d+$/);
});

onMongo('mongo: a database of a newer version is refused in one sentence and not changed', async (t) => {
  const url = await oldDatabase(t);
  await withDatabase(url, (client) =>
    client
      .db()
      .collection<{ _id: string }>('settings')
      .updateOne({ _id: 'schema' }, { $set: { value: '1000' } }, { upsert: true }),
  );
  const settings = { ...(await freshSettings(t)), MONGODB_URL: url };
  for (const args of [['user', 'list'], ['serve'], ['migrate'], ['migrate', '--check']]) {
    const ran = await parley({ ...settings, PORT: '0' }, args);
    t.is(ran.status, 1);
    t.regex(ran.err, /^parley: The database was written by a newer Parley \(schema 1000, this one knows up to \d+\): update this one\.$/m);
  }
  t.deepEqual([await schemaIn(url), await completedIn(url)], ['1000', 0]);
});

test('migrate: --check changes nothing and names each step; migrate takes them; then there is nothing to do', async (t) => {
  const settings = { DATA_DIR: oldFolder(t) };
  const file = join(settings.DATA_DIR, 'parley.db');
  const checked = await parley(settings, ['migrate', '--check', '--json']);
  t.is(checked.status, 0, checked.err);
  const [state] = checked.rows();
  t.like(state, { store: 'sqlite', schema: OLD_SCHEMA, newest: MIGRATIONS.length });
  const steps = state?.steps as readonly { number: number; what: string; records: number; seconds: number }[];
  t.deepEqual(
    steps.map(({ number }) => number),
    Array.from({ length: MIGRATIONS.length - OLD_SCHEMA }, (_, index) => OLD_SCHEMA + 1 + index),
  );
  t.deepEqual(
    steps.slice(0, 2).map(({ what }) => what),
    ['create table group_changes', 'create index entries_erasures'],
  );
  t.true((steps[1]?.records ?? 0) > 5, 'the entries that the index goes through');
  t.is(steps.find(({ number }) => number === 18)?.what, 'how the names of users look');
  t.is(versionOf(file), OLD_SCHEMA);
  t.regex(
    (await parley(settings, ['migrate', '--check'])).out,
    /^SQLite, schema 13 of \d+: \d+ steps to take, about [\d.]+ s\.\n {2}14 {2}create table/,
  );

  const done = await parley(settings, ['migrate', '--json']);
  t.is(done.status, 0, done.err);
  t.like(done.rows()[0], { schema: MIGRATIONS.length, steps: [] });
  t.is(versionOf(file), MIGRATIONS.length);
  t.regex((await parley(settings, ['migrate'])).out, /^SQLite, schema \d+: nothing to do\.$/m);
  t.is((await parley(settings, ['user', 'list', '--json'])).rows().length, 3);
});

onMongo('mongo: migrate --check names missing indexes and steps, and changes nothing', async (t) => {
  const settings = { ...(await freshSettings(t)), MONGODB_URL: await oldDatabase(t) };
  const [state] = (await parley(settings, ['migrate', '--check', '--json'])).rows();
  t.like(state, { store: 'mongo', schema: 0 });
  const steps = state?.steps as readonly { what: string; records: number }[];
  const [index, names] = [/^create index skeleton on users$/, /^how the names of users look$/].map((what) =>
    steps.find((step) => what.test(step.what)),
  );
  t.deepEqual([index?.records, names?.records], [3, 3]);
  t.is(await schemaIn(settings.MONGODB_URL), undefined);
  const done = await parley(settings, ['migrate', '--json']);
  t.like(done.rows()[0], { steps: [] }, done.err);
  t.regex((await parley(settings, ['migrate', '--check'])).out, /nothing to do/);
});

test('a command of a newer version does not migrate under a running server, and does when there is none', async (t) => {
  const settings = { DATA_DIR: oldFolder(t) };
  const file = join(settings.DATA_DIR, 'parley.db');
  const server = lockServer(settings.DATA_DIR);
  refused(
    t,
    await parley(settings, ['user', 'list']),
    /A server of an older version is running on .*: restart it with this version first\./,
  );
  t.is(versionOf(file), OLD_SCHEMA);
  server.release();
  t.is((await parley(settings, ['user', 'list'])).status, 0);
  t.is(versionOf(file), MIGRATIONS.length);
});

test('migrate is refused where there is no store', async (t) => {
  const settings = await freshSettings(t);
  for (const args of [['migrate'], ['migrate', '--check']]) refused(t, await parley(settings, args), /There is no chat in/);
});
