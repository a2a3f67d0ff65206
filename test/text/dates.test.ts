import test from 'ava';
import { datesIn } from '../../lib/text/dates.ts';

/** Monrovia had an offset of 44 min 30 s until 1972. */
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Africa/Monrovia'];

test('dates: a time is formatted as by Intl, whatever was formatted before', (t) => {
  const moments = [Date.UTC(1970, 0, 1), Date.UTC(1972, 5, 30, 23, 59, 59), Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25)];
  for (const timeZone of ZONES) {
    const dates = datesIn(timeZone);
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
    const calendar = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    for (const from of moments)
      for (let at = from; at < from + 3 * 3_600_000; at += 14_987) {
        for (const one of [at, at - 86_400_000, at, at + 1]) {
          t.is(dates.time(one), clock.format(one), `${timeZone} ${one}`);
          t.is(dates.day(one), calendar.format(one), `${timeZone} ${one}`);
        }
      }
  }
});

test('dates: formatting an invalid time throws RangeError', (t) => {
  const { time } = datesIn('UTC');
  t.is(time(Date.UTC(2026, 0, 1, 14, 2)), '14:02');
  t.throws(() => time(Number.NaN), { instanceOf: RangeError });
});
