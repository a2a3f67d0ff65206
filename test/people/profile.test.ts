import test from 'ava';
import type { StatusEnd } from '../../lib/people/forms.ts';
import { parseDisplayName, parseStatus } from '../../lib/people/profile.ts';
import { endOf } from '../../lib/people/status-end.ts';

const NOW = Date.UTC(2026, 0, 2, 12); // a Friday
const YEAR_MS = 366 * 86_400_000;

test('display name: it is trimmed and in NFC; an empty one is none', (t) => {
  t.is(parseDisplayName('  Ann \n Lee '), 'Ann Lee');
  t.is(parseDisplayName('E\u0301va'), 'Éva');
  for (const empty of ['', '   ', '\n\t']) t.is(parseDisplayName(empty), null);
});

test('display name: scripts that need joiners have them, and nothing else that is invisible', (t) => {
  for (const name of ['علی\u200cرضا', 'क्\u200dष', 'Zoë 🦊', 'דנה', '小林 花子']) t.is(parseDisplayName(name), name.normalize('NFC'), name);
  for (const name of ['An\u200bn', '\u202eAnn', 'Ann\u2066', '\u200dAnn', 'Ann\u200c', '\u2800', 'A\u0000nn', '\u3164'])
    t.throws(() => parseDisplayName(name), { message: /invisible character/ }, JSON.stringify(name));
});

test('display name: 48 characters are allowed, 49 are not', (t) => {
  t.is(parseDisplayName('🦊'.repeat(48)), '🦊'.repeat(48));
  t.throws(() => parseDisplayName('a'.repeat(49)), { message: /48 characters at most/ });
});

test('status: emoji by itself or by its name, text, or both; nothing is none', (t) => {
  const status = (emoji: string, text: string, until: number | null = null) => parseStatus({ emoji, text, until }, NOW);
  t.deepEqual(status('🌴', ' On \n holiday '), { emoji: '🌴', text: 'On holiday', until: null });
  t.deepEqual(status(':palm_tree:', ''), { emoji: '🌴', text: '', until: null });
  t.deepEqual(status('', 'Busy', NOW + 1), { emoji: '', text: 'Busy', until: NOW + 1 });
  t.deepEqual(status('👩‍🚒', ''), { emoji: '👩‍🚒', text: '', until: null });
  t.is(status(' ', ' '), null);
  for (const emoji of ['x', ':nothing:', '12', '<b>', '🌴 x']) t.throws(() => status(emoji, ''), { message: /must be one emoji/ }, emoji);
  t.throws(() => status('', 'a'.repeat(101)), { message: /100 characters at most/ });
  t.is(status('', 'a'.repeat(100))?.text.length, 100);
  t.throws(() => status('', 'a\u202eb'), { message: /invisible/ });
  t.throws(() => status('', 'x', NOW), { message: /in the future/ });
  t.is(status('', 'x', NOW + YEAR_MS)?.until, NOW + YEAR_MS);
  t.throws(() => status('', 'x', NOW + YEAR_MS + 1), { message: /within a year/ });
});

test('status: it ends after the chosen time, at the end of the day or of the week in the zone of its owner', (t) => {
  const iso = (end: StatusEnd, zone = 'UTC', now = NOW) => {
    const at = endOf({ end, until: '' }, now, zone);
    return at === null ? null : new Date(at).toISOString();
  };
  t.is(iso('never'), null);
  t.is(iso('30m'), '2026-01-02T12:30:00.000Z');
  t.is(iso('1h'), '2026-01-02T13:00:00.000Z');
  t.is(iso('4h'), '2026-01-02T16:00:00.000Z');
  t.is(iso('today'), '2026-01-03T00:00:00.000Z');
  t.is(iso('today', 'Asia/Tokyo'), '2026-01-02T15:00:00.000Z');
  t.is(iso('today', 'Asia/Tokyo', Date.UTC(2026, 0, 2, 15)), '2026-01-03T15:00:00.000Z');
  t.is(iso('today', 'America/New_York'), '2026-01-03T05:00:00.000Z');
  t.is(iso('week'), '2026-01-05T00:00:00.000Z');
  t.is(iso('week', 'UTC', Date.UTC(2026, 0, 4, 23)), '2026-01-05T00:00:00.000Z', 'on a Sunday');
  t.is(iso('week', 'UTC', Date.UTC(2026, 0, 5, 1)), '2026-01-12T00:00:00.000Z', 'on a Monday');
});

test('status: it ends at a date and time in the zone of its owner, also where clocks change', (t) => {
  const iso = (until: string, zone = 'UTC') => new Date(endOf({ end: 'custom', until }, NOW, zone) ?? 0).toISOString();
  t.is(iso('2026-01-31T09:00'), '2026-01-31T09:00:00.000Z');
  t.is(iso(' 2026-01-31  09:00 '), '2026-01-31T09:00:00.000Z', 'as it is typed');
  t.is(iso('2026-01-31T09:00:00'), '2026-01-31T09:00:00.000Z');
  t.is(iso('2026-01-31T09:00', 'Asia/Tokyo'), '2026-01-31T00:00:00.000Z');
  t.is(iso('2026-01-31T09:00', 'America/New_York'), '2026-01-31T14:00:00.000Z');
  t.is(iso('2026-01-31T00:00', 'Pacific/Kiritimati'), '2026-01-30T10:00:00.000Z');
  t.is(iso('2026-03-29T01:59', 'Europe/Paris'), '2026-03-29T00:59:00.000Z');
  t.is(iso('2026-03-29T02:30', 'Europe/Paris'), '2026-03-29T01:30:00.000Z', 'left out: as without the change');
  t.is(iso('2026-03-29T03:00', 'Europe/Paris'), '2026-03-29T01:00:00.000Z');
  t.is(iso('2026-10-25T02:30', 'Europe/Paris'), '2026-10-25T00:30:00.000Z', 'twice: the first');
  t.is(iso('2026-10-25T03:00', 'Europe/Paris'), '2026-10-25T02:00:00.000Z');
  t.is(iso('2026-02-28T09:00'), '2026-02-28T09:00:00.000Z');
  for (const wrong of [
    '',
    'soon',
    '2026-02-29T09:00',
    '2026-13-01T09:00',
    '2026-01-31',
    '2026-01-31T24:00',
    '2026-01-31T09:00:30',
    '09:00',
  ])
    t.throws(() => iso(wrong), { message: /Enter a date and a time/ }, wrong);
});
