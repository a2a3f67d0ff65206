import test from 'ava';
import { openBrowser, Person } from '../helpers/browser.ts';
import { Clock, startServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

const AT = Date.UTC(2026, 0, 2, 22, 30);
const shownIn = (timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(AT);

check('pages show dates in the reader’s time zone, and without scripts in UTC', async (t) => {
  const site = await startServer({ clock: new Clock(AT) });
  t.teardown(site.close);
  const ann = await site.signUp('Ann');
  await ann.json('POST', '/groups/lobby/messages', { body: 'hello' });
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
    const context = await present(browser).newContext({
      baseURL: site.url,
      javaScriptEnabled: script === 'on',
      timezoneId: 'Asia/Tokyo',
      locale: 'en-GB',
    });
    t.teardown(() => context.close());
    await context.addCookies([...ann.cookies].map(([name, value]) => ({ name, value, url: site.url })));
    const person = new Person(await context.newPage(), script);
    for (const path of ['/groups', '/admin', '/settings', '/groups/lobby/bots', botPath, delivery]) {
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
