import test from 'ava';
import { openBrowser, type Script } from '../helpers/browser.ts';
import { startServerFor } from '../helpers/server.ts';
import { present, requireOrSkip } from '../helpers/services.ts';
import type { Journey } from './journey-fixtures.ts';
import { JOURNEYS, titleOf } from './journeys.ts';

const browser = await openBrowser();
const journey = requireOrSkip(test, browser);

/** Without JavaScript only the main journeys and those with a substitute run, in `npm run test:all` every one. */
const isWalked = ({ isMain, standsIn }: Journey, script: Script): boolean =>
  script === 'on' || isMain === true || standsIn !== undefined || process.env.PARLEY_TEST_ALL !== undefined;

for (const script of ['on', 'off'] as const)
  for (const walk of JOURNEYS.filter((one) => isWalked(one, script)))
    journey.serial(titleOf(walk, script), async (t) => {
      const site = await startServerFor(t);
      await walk.go({ t, site, browser: present(browser), script });
      t.pass();
    });
