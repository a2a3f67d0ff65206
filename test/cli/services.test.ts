import test from 'ava';
import { freshDatabase, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';
import * as beside from './beside.ts';
import { freshSettings, parley } from './cli.ts';
import { measuresTheWay } from './live.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);
const testBoth = requireOrSkip(test, mongo, redis);

const both = () => ({ MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: present(redis).url });

testBoth(
  'on MongoDB and Redis, beside a server: post, remove and disable reach open streams; tail -f has what is posted by HTTP',
  async (t) => {
    await beside.postedMessageAppears(t, await beside.serverWithWorld(t, both()));
    await beside.removedMemberIsCutOff(t, await beside.serverWithWorld(t, both()));
    await beside.disabledUserIsCutOff(t, await beside.serverWithWorld(t, both()));
    await beside.tailFollowsTheServer(t, await beside.serverWithWorld(t, both()));
  },
);

testBoth('on MongoDB and Redis, doctor finds all well and the demo can be made', async (t) => {
  const settings = { ...(await freshSettings(t)), ...both(), PORT: '0' };
  const doctor = await parley(settings, ['doctor', '--json']);
  t.is(doctor.status, 0, doctor.out);
  t.regex(doctor.out, /MongoDB wrote, read/);
  t.regex(doctor.out, /Redis: an event was received/);
  const seed = await parley(settings, ['seed', '--json']);
  t.is(seed.status, 0, seed.err);
});

testBoth('on MongoDB and Redis, doctor --live measures the way through a server process', async (t) => {
  await measuresTheWay(t, { ...(await freshSettings(t)), ...both() });
});
