import test, { type TestFn } from 'ava';
import { MongoClient } from 'mongodb';
import { openMongo } from '../../lib/store/mongo/open.ts';
import { isLongRun } from '../helpers/long-run.ts';
import { freshDatabase, isMissing, mongoService, present, requireOrSkip } from '../helpers/services.ts';
import { everyContract } from './every-store.ts';
import type { Opened } from './store.ts';
import { encrypted } from './store-encrypted.ts';

const mongo = await mongoService();

// Slow responses of a busy machine must not fail the tests.
const PATIENT = { serverSelectionTimeoutMs: 30_000 };

// Without a server its tests are skipped and its hooks do nothing.
const idle = Object.assign(() => {}, { always: () => {} });
const testMongo = requireOrSkip(test, mongo);
const register = isMissing(mongo) ? (Object.assign(testMongo, { before: idle, after: idle }) as unknown as TestFn) : test;

async function open(): Promise<Opened> {
  const url = freshDatabase(present(mongo));
  const store = encrypted(await openMongo({ url, ...PATIENT }));
  const close = async () => {
    await store.close();
    await using client = new MongoClient(url);
    await client.db().dropDatabase();
  };
  return { store, close, second: async () => encrypted(await openMongo({ url, ...PATIENT })) };
}

if (isLongRun) everyContract(register, open, 'mongo, encrypted', { wholeWords: true });
else test.skip('mongo, encrypted: the contract of stores (npm run test:all)', () => {});
