import test from 'ava';
import { openBrowser } from '../helpers/browser.ts';
import { startServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';
import { JOURNEYS } from './journeys.ts';

const browser = await openBrowser();
const journey = requireOrSkip(test, browser);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

for (const script of ['on', 'off'] as const)
  for (const { name, go } of JOURNEYS)
    journey.serial(`JavaScript ${script}: ${name}`, async (t) => {
      const site = await startServer();
      t.teardown(site.close);
      await go({ t, site, browser: present(browser), script });
      t.pass();
    });
