import test from 'ava';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import { postAs, userNamed } from '../helpers/fixtures.ts';
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

for (const { script, zone, until } of [
  { script: 'on', zone: 'Asia/Tokyo', until: Date.UTC(2026, 1, 3) },
  { script: 'off', zone: 'UTC', until: Date.UTC(2026, 1, 3, 9) },
] as const)
  check(`times: with JavaScript ${script}, a status ends at a date and time in the zone that the page names`, async (t) => {
    const site = await startServerFor(t, { clock: new Clock(AT) });
    const ann = await site.signUp('Ann');
    const { page, complaints } = await openWindow(t, browser, ann, { script, timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
    await page.goto('/settings/profile');
    const field = page.getByLabel('Date and time');
    t.false(await field.isVisible(), 'the chosen end needs none');
    const set = async (at: string): Promise<void> => {
      await page.getByLabel('What are you doing?').fill('Away');
      await page.getByLabel('Clear it').selectOption('at a date and time');
      await field.fill(at);
      await page.getByRole('button', { name: 'Set the status' }).click();
    };
    await page.getByLabel('Clear it').selectOption('at a date and time');
    t.is(await page.getByText('Time zone:').textContent(), `Time zone: ${zone}`);
    await set('2026-01-01T09:00');
    await page.getByText('The end of a status must be in the future.').waitFor();
    t.is(await field.inputValue(), '2026-01-01T09:00');
    t.is(await page.getByLabel('What are you doing?').inputValue(), 'Away');
    await set('2026-02-03T09:00');
    await page.getByText('Your status is set.').waitFor();
    t.is((await userNamed(site.core, 'Ann')).status?.until, until);
    t.is(await page.locator('.card time.moment').textContent(), '3 Feb 2026, 09:00');
    t.deepEqual(complaints, []);
  });
