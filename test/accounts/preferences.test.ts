import test from 'ava';
import fc from 'fast-check';
import { isQuiet, parseQuietHours, parseTimeZone } from '../../lib/accounts/preferences.ts';
import { lookOf } from '../../lib/http/reply.ts';
import { openLobby, postAs, userNamed } from '../helpers/fixtures.ts';

const CHOSEN = {
  theme: 'dark',
  density: 'compact',
  time_zone: 'Asia/Tokyo',
  clock: '12',
  quiet_from: '22:00',
  quiet_to: '07:00',
  undo: '30',
};

test('preferences: an erasure can be undone for as long as chosen, by default 10 s', async (t) => {
  const { ann, bob, clock } = await openLobby(t);
  await ann.form('/settings/appearance', { undo: '30' });
  const posts = await Promise.all([ann, bob].map(async (one) => ({ one, url: (await postAs(one, 'a slip')).url })));
  for (const { one, url } of posts) await one.json('DELETE', url);
  clock.turn(29_000);
  t.deepEqual(await Promise.all(posts.map(async ({ one, url }) => (await one.json('POST', `${url}/unerase`)).status)), [200, 403]);
});

test('preferences: what is chosen is on every page of that person, and of nobody else', async (t) => {
  const { ann, bob, client, core } = await openLobby(t);
  t.is((await ann.form('/settings/appearance', CHOSEN)).status, 303);
  for (const path of ['/groups', '/groups/lobby', '/settings', '/people/Bob', '/nowhere'])
    t.regex(
      (await ann.get(path)).text,
      /<html lang="en" data-theme="dark" data-density="compact" data-zone="Asia\/Tokyo" data-clock="12" data-quiet="22:00 07:00 Asia\/Tokyo">/,
      path,
    );
  t.regex((await ann.get('/groups')).text, /<meta name="color-scheme" content="dark">/);
  t.regex((await bob.get('/groups')).text, /<html lang="en">[\s\S]*content="light dark"/);
  t.regex((await client().get('/login')).text, /<html lang="en">/);
  const page = (await ann.get('/settings/appearance')).text;
  for (const shown of [
    /name="theme" value="dark" checked/,
    /name="clock" value="12" checked/,
    /<option selected>Asia\/Tokyo</,
    /value="22:00"/,
    /name="undo" value="30" checked/,
  ])
    t.regex(page, shown);
  t.is((await ann.form('/settings/appearance', {})).status, 303);
  t.regex((await ann.get('/groups')).text, /<html lang="en">/);
  t.deepEqual((await userNamed(core, 'Ann')).preferences, {});
});

test('preferences: times on pages are in the chosen zone and clock without JavaScript', async (t) => {
  const { ann, bob } = await openLobby(t);
  await ann.form('/settings/appearance', CHOSEN);
  t.regex((await ann.get('/settings')).text, /<time class="moment" datetime="2026-01-02T12:00:00\.000Z">2 Jan 2026, 9:00 pm<\/time>/);
  t.regex(
    (await bob.get('/settings')).text,
    /<time class="moment" datetime="2026-01-02T12:00:00\.000Z">2 Jan 2026, 12:00<\/time>/,
    'and not for others',
  );
});

test('preferences: the profile shows the local time of those who chose a zone', async (t) => {
  const { ann, bob } = await openLobby(t);
  await ann.form('/settings/appearance', CHOSEN);
  t.regex((await bob.get('/people/Ann')).text, /Local time: Friday, 21:00 \(Asia\/Tokyo\)/);
  t.is((await bob.get('/people/Ann', 'application/json')).json().time_zone, 'Asia/Tokyo');
  t.notRegex((await ann.get('/people/Bob')).text, /Local time/);
});

test('preferences: a wrong value is refused beside its field, and nothing is saved', async (t) => {
  const { ann, core } = await openLobby(t);
  for (const [field, value] of [
    ['time_zone', 'Nowhere/Land'],
    ['time_zone', '+01:00'],
    ['quiet_from', '25:00'],
    ['quiet_to', 'soon'],
  ] as const) {
    const { status, text } = await ann.form('/settings/appearance', { ...CHOSEN, [field]: value });
    t.is(status, 422, field);
    t.regex(text, new RegExp(`id="(?:quiet-)?${field}-error" role="alert"`), field);
    t.regex(text, /name="theme" value="dark" checked/, 'what was chosen is still chosen');
  }
  for (const bad of [{ theme: 'pink' }, { density: 'x' }, { clock: '13' }]) t.is((await ann.form('/settings/appearance', bad)).status, 400);
  t.is((await userNamed(core, 'Ann')).preferences, undefined);
});

test('preferences: quiet hours are in the zone of the person, also over midnight', (t) => {
  const at = (time: string) => Date.parse(`2026-01-02T${time}:00Z`);
  const night = { quiet: { from: '22:00', to: '07:00' } };
  t.deepEqual(
    ['21:59', '22:00', '23:30', '06:59', '07:00', '12:00'].map((time) => isQuiet(night, at(time))),
    [false, true, true, true, false, false],
  );
  const noon = { quiet: { from: '12:00', to: '13:00' }, timeZone: 'Asia/Tokyo' };
  t.deepEqual(
    ['02:59', '03:00', '03:59', '04:00', '12:30'].map((time) => isQuiet(noon, at(time))),
    [false, true, true, false, false],
  );
  t.false(isQuiet({}, at('12:00')));
  t.is(parseQuietHours('', ''), undefined);
  t.is(parseQuietHours('08:00', '08:00'), undefined);
  t.throws(() => parseQuietHours('08:00', ''), { message: /must end at a time/ });
});

test('preferences: open pages have the same quiet hours as pushes', async (t) => {
  const { isQuiet: isQuietOnPage }: { isQuiet: (hours: string | undefined, now: number) => boolean } = await import(
    new URL('../../static/js/quiet.js', import.meta.url).href
  );
  const minute = fc
    .integer({ min: 0, max: 24 * 60 - 1 })
    .map((at) => [at / 60, at % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':'));
  const zone = fc.constantFrom(undefined, 'UTC', 'Asia/Tokyo', 'America/New_York', 'Asia/Kathmandu', 'Europe/Paris');
  const now = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true }).map(Number);
  let quiet = 0;
  fc.assert(
    fc.property(minute, minute, zone, now, (from, to, timeZone, at) => {
      fc.pre(from !== to);
      const preferences = { quiet: { from, to }, ...(timeZone === undefined ? {} : { timeZone }) };
      const expected = isQuiet(preferences, at);
      t.is(isQuietOnPage(lookOf({ preferences }).quiet, at), expected);
      quiet += Number(expected);
    }),
    { numRuns: 500 },
  );
  t.true(quiet > 50 && quiet < 450, `${quiet} of 500 were quiet`);
  for (const none of ['', undefined]) t.false(isQuietOnPage(none, 0));
});

test('preferences: a time zone is one that Intl knows, by its present name', (t) => {
  t.is(parseTimeZone(' europe/paris '), 'Europe/Paris');
  t.is(parseTimeZone(''), undefined);
  for (const bad of ['Mars', '../etc', '+05:00', 'x'.repeat(900)])
    t.throws(() => parseTimeZone(bad), { message: /must be one of the list/ }, bad);
});
