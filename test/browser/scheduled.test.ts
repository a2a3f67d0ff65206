import test from 'ava';
import { openBrowser, openLobbyPage } from '../helpers/browser.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { openSite } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
const HOUR_MS = 3_600_000;

type Listed = { readonly results: readonly { readonly body: string; readonly at: string }[] };

for (const script of ['on', 'off'] as const)
  check.serial(`send later: with JavaScript ${script}, what is typed is scheduled, changed, and sent once`, async (t) => {
    const site = await openSite(t);
    const { ann, server, clock } = site;
    const person = await openLobbyPage(t, browser, ann, { script, timezoneId: 'Europe/Paris' });
    const { page } = person;
    const listed = async () => (await ann.get('/scheduled', 'application/json')).json<Listed>().results;
    const later = page.getByRole('button', { name: 'Send later' });
    t.false(await later.isVisible(), 'not before there is a text');
    await person.composer().fill('Lunch?\n\nIn the yard');
    await person.press(later);
    const text = page.getByRole('textbox', { name: 'Message' });
    await page.getByRole('heading', { name: 'Send later in Lobby' }).waitFor();
    t.is(await text.inputValue(), 'Lunch?\n\nIn the yard');
    await page.getByLabel('Date and time').fill('2026-01-03T12:00');
    await person.press(page.getByRole('button', { name: 'Schedule', exact: true }));
    await page.getByRole('heading', { name: 'Scheduled messages' }).waitFor();
    await page.getByText('It will be sent').waitFor();
    const zone = script === 'on' ? 1 : 0; // without scripts a time is in UTC, as the page says
    t.deepEqual(await listed().then(([one]) => one?.at), `2026-01-03T${12 - zone}:00:00.000Z`);
    await person.press(page.getByRole('link', { name: 'Change' }));
    await page.getByRole('heading', { name: 'Send later in Lobby' }).waitFor();
    t.is(await page.getByLabel('Date and time').inputValue(), '2026-01-03T12:00', 'in the zone of the reader');
    await text.fill('Supper?');
    await person.press(page.getByRole('button', { name: 'in 1 hour' }));
    await page.getByRole('heading', { name: 'Scheduled messages' }).waitFor();
    t.deepEqual(await listed().then((some) => some.map(({ body, at }) => [body, at])), [
      ['Supper?', new Date(clock.now() + HOUR_MS).toISOString()],
    ]);
    await person.openGroup('lobby');
    t.is(await person.composer().inputValue(), '', 'it is no draft any more');
    clock.turn(HOUR_MS);
    server.scheduled.wake();
    await person.sees('Supper?');
    t.deepEqual(await person.bodies(), ['Supper?']);
    t.deepEqual(person.complaints, []);
  });

check.serial('send later: a message is cancelled in the list', async (t) => {
  const { ann, clock } = await openSite(t);
  await ann.json('POST', '/groups/lobby/scheduled', { body: 'Never mind', at: clock.now() + HOUR_MS });
  const person = await openLobbyPage(t, browser, ann);
  await person.press(person.page.getByRole('link', { name: 'Scheduled' }));
  await person.page.getByText('Never mind').waitFor();
  await person.press(person.page.getByRole('button', { name: 'Cancel' }));
  await person.page.getByText('Nothing is scheduled.').waitFor();
  t.deepEqual((await ann.get('/scheduled', 'application/json')).json<Listed>().results, []);
});

check.serial('/remind: the page says the time in the zone of the browser', async (t) => {
  const { ann } = await openSite(t);
  const person = await openLobbyPage(t, browser, ann, { timezoneId: 'Asia/Tokyo' });
  await person.write('/remind me at 23:00 sleep');
  await person.page.getByText('You will be reminded: 2 Jan 2026, 23:00 (Asia/Tokyo).').waitFor();
  t.deepEqual(person.complaints, []);
});
