import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import bcrypt from 'bcrypt';
import { MongoClient } from 'mongodb';
import { nameKey } from '../../lib/accounts/account.ts';
import { skeletonOf } from '../../lib/accounts/lookalikes.ts';
import { checkNewName, RESERVED_NAMES } from '../../lib/accounts/new-name.ts';
import { createAccount } from '../../lib/accounts/operations.ts';
import { DomainError } from '../../lib/errors.ts';
import { connect } from '../../lib/store/sqlite/connection.ts';
import { migrate } from '../../lib/store/sqlite/migrate.ts';
import { MIGRATIONS } from '../../lib/store/sqlite/schema.ts';
import { parley } from '../cli/cli.ts';
import { newGroup, newHook, openLobby, userNamed } from '../helpers/fixtures.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService();
test.after.always(async () => {
  if (!isMissing(mongo)) await mongo.stop();
});
const onMongo = requireOrSkip(test, mongo);
const STORES = [
  ['sqlite', requireOrSkip(test), async () => ({})],
  ['mongo', onMongo, async () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

const ALIKE: [name: string, others: string[]][] = [
  ['Ann', ['Аnn', 'Anɴ', 'ᎪᏁᏁ', 'ΑΝΝ', '𝐀nn', 'ａｎｎ', 'ANN', 'А́nn'.normalize('NFD').replace('\u0301', '')]],
  ['paypal', ['раураl', 'PayPaI', 'paypa1']],
  ['Ian', ['lan', '1an', '|an']],
  ['Morn', ['Mom', 'rnorn']],
];
const DIFFERENT = ['Ann', 'Anna', 'Ana', 'Zoë', 'Zoe', 'Bob', 'Олег', '李雷', '李蕾', 'Ann 2', 'Ann 3'];

test('names that look alike have one skeleton, and others have others', (t) => {
  for (const [name, others] of ALIKE) for (const other of others) t.is(skeletonOf(other), skeletonOf(name), `${other} and ${name}`);
  t.is(new Set(DIFFERENT.map(skeletonOf)).size, DIFFERENT.length);
});

const whyNot = (name: string): string | undefined => {
  try {
    checkNewName(name);
    return undefined;
  } catch (error) {
    return error instanceof DomainError && error.field === 'name' ? error.message : String(error);
  }
};

test('words that mean everybody, the site or its staff are reserved, in any case and by their looks', (t) => {
  for (const name of [...RESERVED_NAMES, 'ALL', 'Аll', '@all', ' Admin! ', 'аdmin', 'Sуstem', 'PARLEY'])
    t.regex(whyNot(name) ?? '', /is reserved\. Choose another/, name);
  for (const name of ['Allan', 'Parley doctor', 'Admin Smith', 'Channel 4', 'Root beer', 'Systems']) t.is(whyNot(name), undefined, name);
});

test('no word mixes scripts that no language mixes', (t) => {
  for (const name of ['Аnn', 'Annольга', 'Βob', 'Ann Воb', 'Bobक', 'ДzД'])
    t.regex(whyNot(name) ?? '', /^Name mixes \w+ and \w+ letters in one word/, name);
  for (const name of [
    'Ann Ольга',
    'Tシャツ',
    'ラーメン',
    '李Ann',
    '한국Ann',
    'ㄅ李',
    'Zoë',
    'عمر',
    'I ❤️ tea',
    '🦊',
    'Ελένη 2',
    'ann_ольга',
    'देवी',
    'ไทย',
  ])
    t.is(whyNot(name), undefined, name);
});

for (const [store, register, env] of STORES) {
  register.serial(
    `${store}: a name that looks like an existing one is refused for people and bots, on pages, by API and by CLI`,
    async (t) => {
      const site = await openLobby(t, { env: await env() });
      const signUp = (name: string) => site.client().json('POST', '/signup', { name, password: PASSWORD });
      const refused = await signUp('ᎪᏁᏁ');
      t.like(refused.json(), {
        status: 409,
        code: 'conflict',
        field: 'name',
        detail: 'The name ᎪᏁᏁ looks like Ann, which is taken. Choose another.',
      });
      t.regex(
        (await site.client().form('/signup', { name: 'Anɴ', password: PASSWORD })).text,
        /id="signup-name-error" role="alert">The name Anɴ looks like Ann/,
      );
      t.is((await signUp('all')).json().code, 'invalid');

      const kitchen = `/groups/${await newGroup(site.bob, 'Kitchen')}`;
      for (const [name, reason] of [
        ['Anɴ', /looks like Ann/],
        ['everyone', /everyone is reserved/],
      ] as const)
        t.regex((await site.bob.form(`${kitchen}/bots`, { action: 'create', name })).text, reason);

      const settings = {
        DATA_DIR: site.core.config.dataDir,
        ...(site.core.config.mongodbUrl ? { MONGODB_URL: site.core.config.mongodbUrl } : {}),
      };
      for (const args of [
        ['user', 'create', 'Anɴ'],
        ['bot', 'create', 'Anɴ', '--group', 'lobby'],
      ])
        t.like(JSON.parse((await parley(settings, [...args, '--json'], `${PASSWORD}\n`)).err), { code: 'conflict', field: 'name' });
      t.is((await signUp('Anne')).status, 200);
      await newHook(site.bob, 'Anna the bot', kitchen);
    },
  );

  register.serial(`${store}: of several that look alike, signing up at once, one succeeds`, async (t) => {
    const { core } = await startServerFor(t, { env: await env() });
    const names = ['Ian', 'lan', '1an', '|an', 'IAN'];
    const outcomes = await Promise.allSettled(names.map((name) => createAccount(core, { name, password: null })));
    t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') t.true(outcome.reason instanceof DomainError && outcome.reason.code === 'conflict');
  });
}

/** Accounts of a version without skeletons: two that look alike, and one with a reserved name. */
const OLD = ['Ann', 'ᎪᏁᏁ', 'all', 'Bob'].map((name, at) => ({
  id: `old${at}`.padEnd(26, '0'),
  name,
  nameKey: nameKey(name),
  createdAt: at + 1,
}));
const hash = bcrypt.hashSync(PASSWORD, 4);

async function oldSqlite(t: ExecutionContext): Promise<Record<string, string>> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const db = connect(join(dir, 'parley.db'), 1000);
  migrate(
    db,
    MIGRATIONS.slice(
      0,
      MIGRATIONS.findIndex((step) => typeof step !== 'string'),
    ),
  );
  for (const { id, name, nameKey: key, createdAt } of OLD)
    db.run('INSERT INTO users VALUES (?, ?, ?, 1, ?, 0, 0, 0, 1, ?)', id, name, key, hash, createdAt);
  db.close();
  return { DATA_DIR: dir };
}

async function oldMongo(): Promise<Record<string, string>> {
  const url = freshDatabase(present(mongo));
  const client = await MongoClient.connect(url);
  const plain = { color: 1, passwordHash: hash, admin: false, bot: false, disabled: false, keyVersion: 1 };
  await client
    .db()
    .collection<{ _id: string }>('users')
    .insertMany(OLD.map(({ id, ...user }) => ({ _id: id, ...user, ...plain })));
  await client.close();
  return { MONGODB_URL: url };
}

for (const [store, register, before] of [
  ['sqlite', requireOrSkip(test), oldSqlite],
  ['mongo', onMongo, oldMongo],
] as const)
  register.serial(`${store}: accounts of before keep their names, and nobody new can look like them`, async (t) => {
    const env: Record<string, string> = await before(t);
    const site = await startServerFor(t, { env });
    for (const { name } of OLD) t.is((await site.client().form('/login', { name, password: PASSWORD })).status, 303, name);
    t.is((await site.core.store.users.bySkeleton(skeletonOf('Ann')))?.name, 'Ann', 'the oldest of those that look alike');
    t.is((await userNamed(site.core, 'ᎪᏁᏁ')).skeleton, undefined);
    for (const name of ['Anɴ', 'ᏴᎾᏴ', 'all', 'Воb'])
      t.is(
        (await site.client().form('/signup', { name, password: PASSWORD })).status,
        name === 'ᏴᎾᏴ' ? 303 : name === 'Anɴ' ? 409 : 422,
        name,
      );
    if (env.MONGODB_URL !== undefined) {
      const again = await startServerFor(t, { env }); // fills nothing a second time
      t.is((await userNamed(again.core, 'Bob')).skeleton, skeletonOf('Bob'));
    }
  });
