import test from 'ava';
import { openBrowser, type Script } from '../helpers/browser.ts';
import { startServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';
import type { Journey } from './journey-cast.ts';
import { JOURNEYS, titleOf } from './journeys.ts';

const browser = await openBrowser();
const journey = requireOrSkip(test, browser);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

/** Without JavaScript the main ones, and those where something stands in; all of them in `npm run test:all`. */
const isWalked = ({ isMain, standsIn }: Journey, script: Script): boolean =>
  script === 'on' || isMain === true || standsIn !== undefined || process.env.PARLEY_TEST_ALL !== undefined;

for (const script of ['on', 'off'] as const)
  for (const walk of JOURNEYS.filter((one) => isWalked(one, script)))
    journey.serial(titleOf(walk, script), async (t) => {
      const site = await startServer();
      t.teardown(site.close);
      await walk.go({ t, site, browser: present(browser), script });
      t.pass();
    });
