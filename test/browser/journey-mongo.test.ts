import test from 'ava';
import { openBrowser, type Script } from '../helpers/browser.ts';
import { isLongRun } from '../helpers/long-run.ts';
import { startServerFor } from '../helpers/server.ts';
import { present, requireOrSkip } from '../helpers/services.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { JOURNEYS, titleOf } from './journeys.ts';

const [browser, { mongo, redis, freshEnv }] = await Promise.all([openBrowser(), sharedServices(test)]);
const journey = requireOrSkip(test, browser, mongo, redis);

/** The store does the same work without JavaScript, and for journeys about the page alone: those run here in `npm run test:all` only. */
const SCRIPTS: readonly Script[] = isLongRun ? ['on', 'off'] : ['on'];
const OF_THE_STORE = /^(direct messages|groups|sidebar|reading|search|files)/;

for (const script of SCRIPTS)
  for (const walk of JOURNEYS.filter(({ isMain, name }) => isMain && (isLongRun || OF_THE_STORE.test(name))))
    journey.serial(`on MongoDB and Redis, ${titleOf(walk, script)}`, async (t) => {
      const site = await startServerFor(t, { env: freshEnv() });
      await walk.go({ t, site, browser: present(browser), script });
      t.pass();
    });
