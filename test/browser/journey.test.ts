import test from 'ava';
import { openBrowser } from '../helpers/browser.ts';
import { startServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';
import { JOURNEYS, titleOf } from './journeys.ts';

const browser = await openBrowser();
const journey = requireOrSkip(test, browser);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

for (const script of ['on', 'off'] as const)
  for (const walk of JOURNEYS)
    journey.serial(titleOf(walk, script), async (t) => {
      const site = await startServer();
      t.teardown(site.close);
      await walk.go({ t, site, browser: present(browser), script });
      t.pass();
    });
