import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { MongoClient } from 'mongodb';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';
import { freshSettings, parley, refused } from './cli.ts';

const mongo = await mongoService();

/** Each of these commands needs an existing store. */
const COMMANDS = [
  ['user', 'list'],
  ['user', 'passwd', 'ann'],
  ['group', 'list'],
  ['group', 'members', 'lobby'],
  ['bot', 'list'],
  ['bot', 'create', 'Deploys', '--group', 'lobby'],
  ['post', 'lobby', 'hello', '--as', 'ann'],
  ['tail', 'lobby'],
];

for (const args of COMMANDS)
  test(`without a store, 'parley ${args.join(' ')}' is refused and creates none`, async (t) => {
    const DATA_DIR = join((await freshSettings(t)).DATA_DIR, 'data');
    const ran = await parley({ DATA_DIR }, args, 'a long password\n');
    refused(t, ran, /There is no chat in \S+\/data: run 'parley serve' to start one, or set DATA_DIR/);
    t.false(existsSync(DATA_DIR));
  });

for (const args of [
  ['user', 'create', 'Ann'],
  ['group', 'create', 'Harbour'],
])
  test(`'parley ${args.join(' ')}' creates the store, which the other commands then use`, async (t) => {
    const DATA_DIR = join((await freshSettings(t)).DATA_DIR, 'data');
    t.is((await parley({ DATA_DIR }, args, 'a long password\n')).status, 0);
    t.is((await parley({ DATA_DIR }, ['user', 'list'])).status, 0);
  });

requireOrSkip(test, mongo)('an empty MongoDB database stays empty when it is read, and is set up by the first account', async (t) => {
  const own = present(await mongoService({ own: true })); // setting up a database on the shared server takes long
  t.teardown(own.stop);
  const settings = { ...(await freshSettings(t)), MONGODB_URL: freshDatabase(own) };
  const client = await new MongoClient(settings.MONGODB_URL).connect();
  t.teardown(() => client.close());
  refused(t, await parley(settings, ['user', 'list']), /There is no chat in MONGODB_URL/);
  t.deepEqual(await client.db().listCollections().toArray(), []);
  const created = await parley(settings, ['user', 'create', 'Ann'], 'a long password\n');
  t.is(created.status, 0, created.err);
  t.regex((await parley(settings, ['user', 'list'])).out, /Ann/);
});
