import test from 'ava';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { freshDatabase, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';

const redis = await redisService();
const mongo = await mongoService();

requireOrSkip(test, redis)('Redis answers, dies, and comes back on its port', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(own.stop);
  const client = new Redis(own.url, { retryStrategy: () => null, lazyConnect: true });
  client.on('error', () => {});
  await client.connect();
  t.is(await client.ping(), 'PONG');
  const first = own.pid;
  await own.kill('SIGKILL');
  t.is(own.pid, undefined);
  await t.throwsAsync(new Redis(own.url, { retryStrategy: () => null, lazyConnect: true }).on('error', () => {}).connect());
  await own.restart();
  t.not(own.pid, first);
  await client.connect();
  t.is(await client.ping(), 'PONG');
  client.disconnect();
});

requireOrSkip(test, redis)('a Redis Cluster of one node serves every slot', async (t) => {
  const own = present(await redisService({ cluster: true }));
  t.teardown(own.stop);
  const client = new Redis(own.url.split(',')[0] ?? '');
  t.is(await client.set('anything', 'at all'), 'OK');
  await own.restart();
  t.is(await client.set('anything', 'at all'), 'OK');
  client.disconnect();
});

requireOrSkip(test, mongo)('MongoDB keeps what it acknowledged through kill -9', async (t) => {
  const own = present(await mongoService({ own: true }));
  t.teardown(own.stop);
  const client = new MongoClient(freshDatabase(own), { writeConcern: { w: 'majority', journal: true } });
  await client.db().collection('words').insertOne({ word: 'kept' });
  await own.kill('SIGKILL');
  await own.restart();
  t.is((await client.db().collection('words').findOne({}))?.word, 'kept');
  await client.close();
});

requireOrSkip(test, redis)('a service of others cannot be stopped by accident', async (t) => {
  const service = present(redis);
  if (service.pid === undefined) await t.throwsAsync(service.kill('SIGKILL'), { message: /not this test's to stop/ });
  else t.is(process.kill(service.pid, 0), true);
});
