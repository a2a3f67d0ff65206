import test from 'ava';
import { at, person, startProcess, stream } from '../cluster/pair.ts';
import { PushService } from '../helpers/push-service.ts';
import { freshDatabase, isMissing, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);
const shared = requireOrSkip(test, mongo, redis);

test.after.always(async () => {
  for (const service of [mongo, redis]) if (!isMissing(service)) await service.stop();
});

shared('with two processes each message is told once, by whichever wrote it; who has the group open at either is not told', async (t) => {
  const env = { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: present(redis).url, ALLOW_OUTGOING: '127.0.0.1' };
  const [first, second] = [await startProcess(t, env), await startProcess(t, env)];
  const service = await PushService.open(t);
  const ann = await person(first.url, 'Ann');
  const bob = await person(first.url, 'Bob');
  const carol = await person(first.url, 'Carol');
  const doors = [ann, at(second, ann)];
  const device = service.device();
  t.is((await at(second, bob).json('POST', '/settings/push', device.subscription)).status, 201);
  const say = async (body: string, door: number): Promise<void> => {
    t.is((await doors[door]?.json('POST', '/groups/lobby/messages', { body }))?.status, 201);
  };
  const said = Array.from({ length: 20 }, (_, index) => `@Bob ${index}`);
  // Another process may take a second to see that there is a device now.
  for (let index = 0; device.got.length === 0; index += 1) await say(`@Bob first ${index}`, 0);
  const told = (): string[] => device.bodies.filter((body) => !body.includes('first'));
  await Promise.all(said.map((body, index) => say(body, index % 2)));
  await service.until(() => told().length >= said.length);
  t.deepEqual(told().sort(), [...said].sort());

  const page = await stream(t, at(second, bob));
  await page.until((events) => events.some(({ data }) => data.includes('data-present')));
  await say('@Bob sees it', 0);
  const hers = service.device();
  t.is((await carol.json('POST', '/settings/push', hers.subscription)).status, 201);
  for (let index = 0; hers.got.length === 0; index += 1) await say(`@Carol, did he? ${index}`, 0); // one process tells in turn: once she knows, he has been passed over
  page.close();
  for (let index = 0; !device.bodies.some((body) => body.startsWith('@Bob is away')); index += 1) await say(`@Bob is away ${index}`, 1);
  t.false(device.bodies.includes('@Bob sees it'));
  t.is(new Set(device.bodies).size, device.bodies.length, 'none twice');
});
