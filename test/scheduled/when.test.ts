import test from 'ava';
import { DomainError } from '../../lib/errors.ts';
import { timeIn } from '../../lib/scheduled/times.ts';
import { parseWhen } from '../../lib/scheduled/when.ts';

/** A Wednesday; in Paris it is 13:30. */
const NOW = Date.parse('2026-11-25T12:30:20Z');
const here = (zone = 'UTC', now = NOW) => ({ now, zone });

const iso = (text: string, zone?: string, now?: number): string | undefined => {
  const when = parseWhen(`${text} and the text`, here(zone, now));
  return when && `${new Date(when.at).toISOString().slice(0, 16)}${when.rest === 'and the text' ? '' : ` ${when.rest}`}`;
};

function understands(t: { is(a: unknown, b: unknown, message?: string): void }, cases: Readonly<Record<string, string>>, zone?: string) {
  for (const [text, at] of Object.entries(cases)) t.is(iso(text, zone), at, text);
}

test('when: spans of time, in English and French', (t) => {
  understands(t, {
    'in 20 minutes': '2026-11-25T12:50',
    'IN 20 min': '2026-11-25T12:50',
    'in a minute': '2026-11-25T12:31',
    'in 2 hours': '2026-11-25T14:30',
    'in an hour': '2026-11-25T13:30',
    'in half an hour': '2026-11-25T13:00',
    'in 1 hour and 15 minutes': '2026-11-25T13:45',
    'in 1h15': '2026-11-25T13:45',
    'in 2 days': '2026-11-27T12:30',
    'in a week': '2026-12-02T12:30',
    'dans 20 minutes': '2026-11-25T12:50',
    'dans une heure': '2026-11-25T13:30',
    'dans une demi-heure': '2026-11-25T13:00',
    'dans 2 heures et 5 minutes': '2026-11-25T14:35',
    'dans 3 jours': '2026-11-28T12:30',
    'dans 2 semaines': '2026-12-09T12:30',
  });
  t.is(parseWhen('in 20 minutes', here())?.at, NOW + 1_200_000, 'to the second');
});

test('when: days and times, in any order', (t) => {
  understands(t, {
    'tomorrow 9:00': '2026-11-26T09:00',
    'tomorrow at 9am': '2026-11-26T09:00',
    'at 5:30 pm tomorrow': '2026-11-26T17:30',
    tomorrow: '2026-11-26T09:00',
    'today at noon': '2026-11-25T12:00',
    'at 17:30': '2026-11-25T17:30',
    '17:30': '2026-11-25T17:30',
    'at 9': '2026-11-26T09:00',
    'at 12:30': '2026-11-26T12:30',
    'at midnight': '2026-11-26T00:00',
    'on 2026-12-01 14:00': '2026-12-01T14:00',
    '2026-12-01 at 2 p.m.': '2026-12-01T14:00',
    'on December 1 at 14:00': '2026-12-01T14:00',
    '1 december 2027 8:00': '2027-12-01T08:00',
    'on 3rd february': '2027-02-03T09:00',
    'the day after tomorrow 8:00': '2026-11-27T08:00',
    'next week': '2026-12-02T09:00',
    'demain à 9h': '2026-11-26T09:00',
    'demain 9 h 30': '2026-11-26T09:30',
    'à 17h30': '2026-11-25T17:30',
    'après-demain': '2026-11-27T09:00',
    'aujourd’hui à 18 heures': '2026-11-25T18:00',
    'le 1er décembre à midi': '2026-12-01T12:00',
    'le 2026-12-01 à 14:00': '2026-12-01T14:00',
  });
});

test('when: weekdays are the next ones on which the time is not over', (t) => {
  understands(t, {
    'monday 9:00': '2026-11-30T09:00',
    'on Friday at 17:00': '2026-11-27T17:00',
    'wednesday 12:31': '2026-11-25T12:31',
    'wednesday 12:30': '2026-12-02T12:30',
    'next wednesday 18:00': '2026-12-02T18:00',
    fri: '2026-11-27T09:00',
    'lundi 9h': '2026-11-30T09:00',
    'mercredi prochain 18h': '2026-12-02T18:00',
    'at 9:00 on sunday': '2026-11-29T09:00',
  });
  t.is(iso('at 9:00 mon'), '2026-11-26T09:00 mon and the text', 'a short word after a time belongs to the text');
});

test('when: a time is that of the zone, also where its clocks are set', (t) => {
  understands(t, { 'tomorrow 9:00': '2026-11-26T08:00', 'at 13:00': '2026-11-26T12:00' }, 'Europe/Paris');
  const before = Date.parse('2026-10-24T10:00:00Z');
  t.is(iso('tomorrow 9:00', 'Europe/Paris', before), '2026-10-25T08:00');
  t.is(iso('in 1 day', 'Europe/Paris', before), '2026-10-25T11:00', 'a day has 25 hours then');
  t.is(iso('in 24 hours', 'Europe/Paris', before), '2026-10-25T10:00');
  t.is(iso('tomorrow 1:00', 'Pacific/Auckland'), '2026-11-26T12:00');
});

test('when: what is past is understood; what is unclear is not', (t) => {
  t.is(iso('today 8:00'), '2026-11-25T08:00');
  t.is(iso('2020-01-01 8:00'), '2020-01-01T08:00');
  for (const text of [
    '',
    'soon',
    'in',
    'in minutes',
    'in a while',
    'at',
    'today',
    '25:00',
    'tomorrow 25:00',
    'at 9:75',
    '13 pm',
    '2026-02-30 9:00',
  ])
    t.is(parseWhen(text, here()), undefined, text);
  t.is(parseWhen('tomorrowish', here()), undefined);
  t.is(parseWhen('in 20 minutesque', here()), undefined);
});

test('when: the text after a time is what follows, without punctuation between', (t) => {
  const rest = (text: string) => parseWhen(text, here())?.rest;
  t.is(rest('tomorrow 9:00: call Bob'), 'call Bob');
  t.is(rest('in 20 minutes, tea\nand cake'), 'tea\nand cake');
  t.is(rest('at 9:00'), '');
  t.is(rest('tomorrow 2 eggs'), '2 eggs');
});

test('timeIn: programs name a zone or ms, forms a local time or words in their zone', (t) => {
  const of = (text: string | number, zone?: string) => new Date(timeIn(text, { now: NOW, zone })).toISOString();
  t.is(of(NOW), '2026-11-25T12:30:20.000Z');
  t.is(of(String(NOW)), '2026-11-25T12:30:20.000Z');
  t.is(of('2026-12-01T14:00:00+01:00'), '2026-12-01T13:00:00.000Z');
  t.is(of('2026-12-01 14:00Z', 'Europe/Paris'), '2026-12-01T14:00:00.000Z');
  t.is(of('2026-12-01T14:00', 'Europe/Paris'), '2026-12-01T13:00:00.000Z');
  t.is(of('demain 9h', 'Europe/Paris'), '2026-11-26T08:00:00.000Z');
  for (const [text, zone] of [
    ['2026-12-01T14:00', undefined],
    ['tomorrow 9:00', undefined],
    ['tomorrow 9:00 x', 'UTC'],
    ['2026-13-01T14:00Z', undefined],
    ['2026-13-01T14:00', 'UTC'],
    ['', 'UTC'],
    ['12', undefined],
  ] as const) {
    const error = t.throws(() => timeIn(text, { now: NOW, zone }), { instanceOf: DomainError }, text);
    t.is(error?.field, 'at');
  }
});
