import test from 'ava';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import { postAs } from '../helpers/fixtures.ts';
import { Clock, startServerFor } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
const AT = Date.UTC(2026, 0, 2, 22, 30);
const shownIn = (timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(AT);

check('times: pages show dates in the reader’s time zone, and without JavaScript in UTC', async (t) => {
  const site = await startServerFor(t, { clock: new Clock(AT) });
  const ann = await site.signUp('Ann');
  await postAs(ann, 'hello');
  await ann.form('/settings/tokens', { name: 'laptop' });
  const bot = await ann.form('/groups/lobby/bots', { action: 'create', name: 'Echo' });
  const [botPath = ''] = /\/groups\/lobby\/bots\/[\w-]+/.exec(bot.text) ?? [];
  await ann.form(botPath, { action: 'webhook', url: 'https://example.org/hook', on: 'all' });
  await ann.form(botPath, { action: 'test' });
  const [delivery = ''] = /\/groups\/lobby\/bots\/[\w-]+\/deliveries\/[\w-]+/.exec((await ann.get(botPath)).text) ?? [];
  await ann.form('/groups/lobby/settings', { action: 'limits', expires: '1d', uses: 'unlimited' });

  for (const { script, timeZone } of [
    { script: 'on', timeZone: 'Asia/Tokyo' },
    { script: 'off', timeZone: 'UTC' },
  ] as const) {
    const person = await openWindow(t, browser, ann, { script, timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
    await person.page.goto('/groups');
    t.regex((await person.page.locator('time.when').first().textContent()) ?? '', script === 'on' ? /^3 Jan( \d{4})?$/ : /^22:30$/);
    for (const path of ['/admin', '/settings', '/groups/lobby/bots', botPath, delivery]) {
      await person.page.goto(path);
      const times = await person.page.locator('time.moment').allTextContents();
      t.true(times.length > 0, path);
      const here = times.filter((time) => time === shownIn(timeZone));
      t.is(here.length, times.length, `${path}: ${times.join(' · ')}`);
    }
    await person.page.goto('/groups/lobby/settings');
    const [expires] = await person.page.locator('time.moment').allTextContents();
    t.is(
      expires,
      shownIn(timeZone).replace(/\b[23] Jan/, (day) => `${Number.parseInt(day, 10) + 1} Jan`),
    );
    t.deepEqual(person.complaints, []);
  }
});

check('times: without JavaScript rows and live frames are in the time zone and with the clock that the reader has chosen', async (t) => {
  const site = await startServerFor(t, { clock: new Clock(AT) });
  const ann = await site.signUp('Ann');
  await ann.form('/settings/appearance', { time_zone: 'Asia/Tokyo', clock: '12' });
  await postAs(ann, 'before');
  const person = await openWindow(t, browser, ann, { script: 'off' });
  await person.openGroup('lobby');
  await person.sees('before');
  await postAs(ann, 'after');
  await person.sees('after');
  await person.log().getByRole('heading', { name: 'Saturday, 3 January 2026' }).waitFor();
  for (const text of ['before', 'after']) t.is(await person.message(text).locator('time').textContent(), '7:30 am', text);
  await person.go('/groups/lobby?around=2');
  await person.page.getByRole('heading', { name: 'Saturday, 3 January 2026' }).waitFor();
  t.is(await person.page.locator('#m-2 time').textContent(), '7:30 am');
});
