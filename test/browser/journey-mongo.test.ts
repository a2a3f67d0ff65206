import test from 'ava';
import { openBrowser, type Script } from '../helpers/browser.ts';
import { startServer } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';
import { JOURNEYS, titleOf } from './journeys.ts';

const [browser, mongo, redis] = await Promise.all([openBrowser(), mongoService(), redisService()]);
const journey = requireOrSkip(test, browser, mongo, redis);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
  for (const service of [mongo, redis]) if (!isMissing(service)) await service.stop();
});

/** What the store has to do is the same for a page with scripts and one without: the latter walks here in `npm run test:all` only. */
const SCRIPTS: readonly Script[] = process.env.PARLEY_TEST_ALL ? ['on', 'off'] : ['on'];

for (const script of SCRIPTS)
  for (const walk of JOURNEYS.filter(({ isMain }) => isMain))
    journey.serial(`on MongoDB and Redis, ${titleOf(walk, script)}`, async (t) => {
      const site = await startServer({ env: { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: present(redis).url } });
      t.teardown(site.close);
      await walk.go({ t, site, browser: present(browser), script });
      t.pass();
    });
