import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { PASSWORD } from '../helpers/server.ts';
import { parley, Running, settledWorld } from './cli.ts';
import { parleyOn, smallDisk, testWithImmutableFiles, testWithMounts } from './store-disk.ts';

/** A server process and a client with an account. */
async function begin(t: ExecutionContext, server: Running): Promise<Client> {
  t.teardown(() => server.ended('SIGTERM'));
  await server.until('"msg":"listening"');
  return new Client(/"url":"(http[^"]+)"/.exec(server.out)?.[1] ?? '');
}

const post = async (client: Client, key: string): Promise<number> => {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'Idempotency-Key': key };
  return (await client.send('/groups/lobby/messages', { method: 'POST', headers, body: JSON.stringify({ body: `of ${key}` }) })).status;
};

async function health(client: Client): Promise<{ readonly ready: number; readonly store: unknown; readonly up: string | undefined }> {
  const ready = await client.get('/readyz', 'application/json');
  const [, up] = /^parley_store_up (\d)$/m.exec((await client.get('/metrics', 'text/plain')).text) ?? [];
  return { ready: ready.status, store: ready.json().store, up };
}

/** Why the server is not ready, as a word and as a sentence. */
async function reasonOf(client: Client): Promise<readonly [unknown, unknown]> {
  const { reason, detail } = (await client.get('/readyz', 'application/json')).json();
  return [reason, detail];
}

const WELL = { ready: 200, store: 'up', up: '1' };
const ILL = { ready: 503, store: 'down', up: '0' };

/** Makes the index of idempotency keys unreadable; other reads and writes work. */
async function damageKeys(file: string): Promise<void> {
  const db = new DatabaseSync(file);
  const row = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'entries_by_key'").get() as { rootpage: number };
  db.close();
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(4096, 0xee), 0, 4096, (row.rootpage - 1) * 4096);
  await handle.close();
}

test('store health: after a damaged page refuses a post, the server is not ready, and doctor finds the damage', async (t) => {
  const { settings, world } = await settledWorld(t);
  await damageKeys(join(settings.DATA_DIR ?? '', 'parley.db'));
  const server = new Running({ ...settings, PORT: '0' }, ['serve']);
  const client = await begin(t, server);
  t.is((await client.form('/login', { name: world.ann.name, password: PASSWORD })).status, 303);
  t.deepEqual(await health(client), WELL);
  t.is(await post(client, 'one'), 503);
  t.deepEqual(await health(client), ILL);
  t.regex(server.out, /"fault":"damaged","reason":"[^"]*SQLITE_CORRUPT[^"]*","msg":"the store failed"/);
  const doctor = await parley({ ...settings, PORT: '0' }, ['doctor', '--json']);
  t.is(doctor.status, 1);
  t.like(
    doctor.rows().find(({ check }) => check === 'store'),
    { ok: false },
  );
  t.regex(doctor.out, /quick_check of SQLite found damage: /);
});

testWithMounts(test)(
  'store health: with a full disk posts are refused and the server is not ready; with free space posts work again',
  async (t) => {
    const { settings, world } = await settledWorld(t);
    const here = { ...settings, DATA_DIR: settings.DATA_DIR ?? '', PORT: '0' };
    const server = parleyOn(here, smallDisk(3), ['serve']);
    const client = await begin(t, server);
    const inside = `/proc/${server.child.pid}/root${here.DATA_DIR}`;
    t.is((await client.form('/login', { name: world.ann.name, password: PASSWORD })).status, 303);
    t.is(await post(client, 'with room'), 201);
    t.deepEqual(await health(client), WELL);
    await writeFile(join(inside, 'filler'), Buffer.alloc(4_000_000)).catch(() => {});
    for (let count = 0; (await post(client, `full ${count}`)) !== 503; count += 1) t.true(count < 500);
    t.deepEqual(await health(client), ILL);
    t.deepEqual(await reasonOf(client), ['full', 'The disk of the server is full.']);
    const page = await client.form('/groups/lobby/messages', { body: 'typed while the disk was full' });
    t.is(page.status, 503);
    t.true(page.text.includes('The disk of the server is full. Nothing that was acknowledged is lost.'), page.text);
    t.true(page.text.includes('typed while the disk was full'), 'the text stays in the form');
    t.regex(server.out, /"fault":"full","reason":"[^"]*the disk is full[^"]*"/);
    await rm(join(inside, 'filler'));
    t.is(await post(client, 'room again'), 201);
  },
);

const upload = async (client: Client, name: string): Promise<{ readonly status: number; readonly text: string }> => {
  const form = new FormData();
  form.append('attachment', new File(['text of a file'], name, { type: 'text/plain' }));
  return client.send('/groups/lobby/messages', { method: 'POST', body: form, headers: { Accept: 'application/json' } });
};

testWithMounts(test)(
  'store health: while the folder of files is read-only they are refused with the reason, and taken again afterwards without a restart',
  async (t) => {
    const { settings, world } = await settledWorld(t);
    const here = { ...settings, DATA_DIR: settings.DATA_DIR ?? '', PORT: '0' };
    const server = parleyOn(here, smallDisk(8), ['serve']);
    const client = await begin(t, server);
    const files = join(here.DATA_DIR, 'files');
    const mounting = (command: string): void => {
      const namespaces = ['-U', '--preserve-credentials', '-m', '-t', String(server.child.pid)];
      execFileSync('nsenter', [...namespaces, 'sh', '-c', command]);
    };
    t.is((await client.form('/login', { name: world.ann.name, password: PASSWORD })).status, 303);
    const before = await upload(client, 'before.txt');
    t.is(before.status, 201, before.text);
    mounting(`mount --bind ${files} ${files} && mount -o remount,bind,ro ${files}`); // what is open for writing cannot become read-only
    const refused = await upload(client, 'refused.txt');
    t.is(refused.status, 503, refused.text);
    t.true(refused.text.includes('The server may not write to its database. Nothing that was acknowledged is lost.'), refused.text);
    mounting(`umount ${files}`);
    t.is((await upload(client, 'after.txt')).status, 201);
    const { text } = await client.get('/groups/lobby/messages', 'application/json');
    t.deepEqual([/before\.txt/.test(text), /refused\.txt/.test(text), /after\.txt/.test(text)], [true, false, true]);
  },
);

testWithImmutableFiles(test)(
  'store health: while the database is read-only posts are refused with the reason, reading goes on, and it is written again without a restart',
  async (t) => {
    const { settings, world } = await settledWorld(t);
    const dir = settings.DATA_DIR ?? '';
    const server = new Running({ ...settings, PORT: '0' }, ['serve']);
    const client = await begin(t, server);
    // Not `-shm`: to write to a mapped file that became read-only ends a process, whichever.
    const files = ['parley.db', 'parley.db-wal'].map((name) => join(dir, name));
    const change = (flag: '+i' | '-i'): void => void execFileSync('chattr', [flag, ...files.filter(existsSync)]);
    t.teardown(() => change('-i')); // otherwise they could not be removed
    t.is((await client.form('/login', { name: world.ann.name, password: PASSWORD })).status, 303);
    t.is(await post(client, 'before'), 201);
    t.is((await client.get('/groups/lobby')).status, 200);
    t.deepEqual(await health(client), WELL);
    change('+i');
    t.is(await post(client, 'refused'), 503);
    t.deepEqual(await health(client), ILL);
    t.deepEqual(await reasonOf(client), ['denied', 'The server may not write to its database.']);
    const page = await client.form('/groups/lobby/messages', { body: 'typed while it was read-only' });
    t.is(page.status, 503);
    t.true(page.text.includes('The server may not write to its database. Nothing that was acknowledged is lost.'), page.text);
    t.true(page.text.includes('typed while it was read-only'), 'the text stays in the form');
    const read = await client.get('/groups/lobby');
    t.is(read.status, 200);
    t.true(read.text.includes('of before'));
    change('-i');
    t.is(await post(client, 'after'), 201);
    await eventually(async () => (await health(client)).ready === 200);
    const { text } = await client.get('/groups/lobby/messages', 'application/json');
    t.deepEqual(
      ['of before', 'of refused', 'of after'].map((body) => text.includes(body)),
      [true, false, true],
    );
  },
);
