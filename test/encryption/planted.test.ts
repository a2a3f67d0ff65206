import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { LAUNCHER, parley, Running, type Settings } from '../cli/cli.ts';
import { newImage, posted } from '../files/fixtures.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { newHook, postAs } from '../helpers/fixtures.ts';
import { Receiver } from '../helpers/receiver.ts';
import { signUpAt } from '../helpers/server.ts';
import { freshDatabase, isMissing, present, redisService, requireOrSkip } from '../helpers/services.ts';
import { EventReader } from '../helpers/stream.ts';
import { dumpOf, placesOf } from './dump.ts';
import { newKey } from './keys.ts';
import { mongo } from './stores.ts';

// A Redis of its own: MONITOR shows what every client sends.
const redis = await redisService({ own: true });
test.after.always(async () => {
  if (!isMissing(redis)) await redis.stop();
});
const shared = requireOrSkip(test, mongo, redis);

const WORDS = {
  message: 'zebrafish',
  edited: 'marmalade',
  erased: 'quicksilver',
  topic: 'periwinkle',
  fileName: 'rhubarb',
  content: 'kaleidoscope',
  hook: 'tangerine',
  sender: 'hobgoblin',
  url: 'nutcracker',
  keyword: 'dragonfly',
  answer: 'butterscotch',
  reply: 'thunderbolt',
  search: 'gooseberry',
  draft: 'cinnamon',
  label: 'clementine',
  value: 'salamander',
  typed: 'woodpecker',
  scheduled: 'marigold',
} as const;
const ALL = Object.values(WORDS);

/** A server in a process of its own that logs everything, ended with the test. */
async function serverOn(t: ExecutionContext, settings: Settings): Promise<{ running: Running; url: string }> {
  const running = new Running({ ...settings, PORT: '0', LOG_LEVEL: 'debug' }, ['serve'], LAUNCHER);
  t.teardown(() => running.child.kill('SIGKILL'));
  return { running, url: await running.listening() };
}

async function settingsOf(t: ExecutionContext, more: Settings = {}): Promise<Settings & { DATA_DIR: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-planted-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return { DATA_DIR: dir, ENCRYPTION_KEYS: newKey('k1'), ALLOW_OUTGOING: '127.0.0.1', ...more };
}

/** Again while a busy machine's database takes longer than a request may wait. */
async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await request();
    } catch (error) {
      if (tries === 30 || !/\b503\b/.test(String(error))) throw error;
    }
}

const ok = (request: () => Promise<{ status: number; text: string }>): Promise<string> =>
  patiently(async () => {
    const { status, text } = await request();
    if (status >= 400) throw new Error(`${status}: ${text.slice(0, 300)}`);
    return text;
  });

/** Uses a word in every place that the server is meant to encrypt. Resolves to what people then read. */
async function plant(t: ExecutionContext, ann: Client, settings: Settings): Promise<string> {
  await ok(() => ann.form('/groups/lobby/settings', { action: 'topic', topic: WORDS.topic }));
  const hook = await patiently(() => newHook(ann, 'Echo'));
  const receiver = await Receiver.open(t);
  receiver.answers.push({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: WORDS.reply });
  receiver.usually = { status: 500, body: WORDS.answer };
  const url = `${receiver.url}/${WORDS.url}`;
  const made = await parley(settings, [
    'bot',
    'webhook',
    'Echo',
    url,
    '--on',
    'keyword',
    '--keyword',
    WORDS.keyword,
    '--keyword',
    'pebble',
  ]);
  t.is(made.status, 0, made.err);
  await patiently(() => postAs(ann, `${WORDS.message} and pebble`));
  await patiently(() => postAs(ann, 'another pebble'));
  const { url: path } = await patiently(() => postAs(ann, 'to be edited'));
  await ok(() => ann.json('PATCH', path, { body: WORDS.edited }));
  const { url: gone } = await patiently(() => postAs(ann, WORDS.erased));
  await ok(() => ann.json('DELETE', gone));
  const image = await newImage(900, 700).png().toBuffer();
  const files = [
    { name: `${WORDS.fileName}.txt`, content: WORDS.content.repeat(10_000) },
    { name: `${WORDS.fileName}.png`, content: image },
  ];
  await patiently(() => posted(ann, files));
  await ok(() => ann.json('POST', '/groups/lobby/drafts', { body: WORDS.draft }));
  await ok(() => ann.json('POST', '/groups/lobby/scheduled', { body: WORDS.scheduled, at: Date.now() + 3_600_000 }));
  await ok(() => ann.json('POST', hook, { text: WORDS.hook, username: WORDS.sender }));
  await ok(() => ann.json('POST', hook, { text: `*${WORDS.hook}*`, attachments: [{ title: WORDS.hook, text: WORDS.hook }] }));
  const action = { id: 'ok', label: WORDS.label, value: WORDS.value, fields: [{ id: 'why', label: WORDS.label, type: 'text' }] };
  const { seq } = JSON.parse(await ok(() => ann.json('POST', `${hook}?wait=true`, { text: 'Deploy?', actions: [action] }))) as {
    seq: number;
  };
  await ok(() => ann.json('POST', `/groups/lobby/messages/${seq}/actions/ok`, { values: { why: WORDS.typed } }));
  await ok(() => ann.get(`/search?q=${WORDS.search}`));
  const found = await ok(() => ann.get(`/search?q=${WORDS.message}`));
  t.true(found.includes(WORDS.message));
  await eventually(async () => (await ok(() => ann.get('/groups/lobby'))).includes(WORDS.reply));
  await eventually(async () => receiver.received.length >= 2);
  return ok(() => ann.get('/groups/lobby'));
}

/** Words that people read, though they are encrypted where they are stored. */
const SHOWN = [WORDS.message, WORDS.edited, WORDS.topic, WORDS.fileName, WORDS.hook, WORDS.sender, WORDS.reply, WORDS.label];

async function backedUp(t: ExecutionContext, settings: Settings): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-planted-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'backup.tar');
  t.is((await parley(settings, ['backup', file])).status, 0);
  const { ENCRYPTION_KEYS: _, ...without } = settings;
  t.is((await parley(settings, ['verify', file])).status, 0);
  t.regex((await parley(without, ['verify', file])).err, /encrypted with the key k1, which is not in ENCRYPTION_KEYS/);
  return new Map([['backup', await readFile(file)]]);
}

test('sqlite: words in messages, files, webhooks and searches are not in database, journal, files, log and backup', async (t) => {
  const settings = await settingsOf(t);
  const { running, url } = await serverOn(t, settings);
  const ann = await patiently(() => signUpAt(url, 'Ann'));
  const page = await plant(t, ann, settings);
  for (const word of SHOWN) t.true(page.includes(word), `${word} is shown`);
  t.is((await parley(settings, ['post', 'lobby', `${WORDS.message} by command`, '--as', 'Ann'])).status, 0);
  await eventually(async () => (await ok(() => ann.get('/groups/lobby'))).includes('by command'));
  const dump = await dumpOf(settings);
  t.true([...dump.keys()].some((name) => name.endsWith('parley.db-wal')));
  t.deepEqual(placesOf(dump, ALL), []);
  t.deepEqual(placesOf(await backedUp(t, settings), ALL), []);
  const { out, err } = await running.ended('SIGTERM');
  t.true(out.includes('"msg":"stopping"'));
  t.deepEqual(placesOf(new Map([['log', Buffer.from(out + err)]]), ALL), []);
  t.deepEqual(placesOf(await dumpOf(settings), ALL), []);
});

shared('mongo: words are not in any collection, in Redis traffic, log and backup, and reach streams of another server', async (t) => {
  const settings = await settingsOf(t, {
    MONGODB_URL: freshDatabase(present(mongo)),
    REDIS_URL: present(redis).url,
    SECRET_KEYS: 's'.repeat(40),
  });
  const connection = new Redis(present(redis).url);
  const monitor = await connection.monitor();
  const traffic: string[] = [];
  monitor.on('monitor', (_time: string, args: readonly string[]) => traffic.push(args.join(' ')));
  t.teardown(() => {
    monitor.disconnect();
    connection.disconnect();
  });
  const [one, two] = [await serverOn(t, settings), await serverOn(t, settings)];
  const ann = await patiently(() => signUpAt(one.url, 'Ann'));
  const reader = await EventReader.open(ann.at(two.url), '/groups/lobby/events?as=json');
  t.teardown(() => reader.close());
  const page = await plant(t, ann, settings);
  for (const word of SHOWN) t.true(page.includes(word), `${word} is shown`);
  await eventually(() => reader.events.some(({ data }) => data.includes(WORDS.edited)));
  t.true(
    traffic.some((line) => /^publish /i.test(line) && line.includes('k1:')),
    'events are published, encrypted',
  );
  t.deepEqual(placesOf(new Map([['Redis', Buffer.from(traffic.join('\n'))]]), ALL), []);
  t.deepEqual(placesOf(await dumpOf(settings), ALL), []);
  t.deepEqual(placesOf(await backedUp(t, settings), ALL), []);
  for (const { running } of [one, two]) {
    const { out, err } = await running.ended('SIGTERM');
    t.deepEqual(placesOf(new Map([['log', Buffer.from(out + err)]]), ALL), []);
  }
});

test('without keys the same words are found in all of these places', async (t) => {
  const { ENCRYPTION_KEYS: _, ...settings } = await settingsOf(t);
  const { url } = await serverOn(t, settings);
  const ann = await patiently(() => signUpAt(url, 'Ann'));
  await plant(t, ann, settings);
  const found = placesOf(await dumpOf(settings), ALL).map((place) => place.split(' ')[0]);
  const unstored: readonly string[] = [WORDS.search, WORDS.answer, WORDS.draft];
  for (const word of ALL) if (!unstored.includes(word)) t.true(found.includes(word), word);
});
