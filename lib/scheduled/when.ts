import { datesIn, localTime } from '../text/dates.ts';
import { MONTH, monthOf, SHORT_WEEKDAY, UNITS, type Unit, WEEKDAY, weekdayOf, word } from './words.ts';

/** `at`: ms. `rest`: the text after the time, without white space around it. */
type When = { readonly at: number; readonly rest: string };
/** Now (ms), and the IANA name of a time zone. */
type Here = { readonly now: number; readonly zone: string };

const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];
/** The time of a day that is named without one. */
const MORNING = '09:00';

/**
 * The time that the beginning of a text names in English or French words, in a time zone: `in 20 minutes`, `tomorrow 9:00`, `at 17:30`, `on 2026-12-01
 * 14:00`, `monday`, `dans 2 heures`, `demain à 9h`. A time of day alone is the next one, a weekday the next one on which the time is not over, and a day
 * alone is meant at 09:00. What is named may be past. Undefined when the text does not begin with a time.
 */
export function parseWhen(text: string, here: Here): When | undefined {
  const reader = readerOf(text);
  const at = reader.take(IN) ? readSpan(reader, here) : readMoment(reader, here);
  return at === undefined ? undefined : { at, rest: reader.rest().replace(/^[,;:.]\s*/, '') };
}

type Reader = { take(pattern: RegExp): RegExpExecArray | null; rest(): string };

function readerOf(text: string): Reader {
  let rest = text.trim();
  return {
    take(pattern) {
      const found = pattern.exec(rest);
      if (found) rest = rest.slice(found[0].length).trimStart();
      return found;
    },
    rest: () => rest,
  };
}

const IN = word('in|dans');
const HALF_HOUR = word('half an hour|une demi-heure');
const HOURS_MINUTES = word('(\\d{1,3})\\s*h\\s*(\\d{1,2})');
const MANY = '(\\d{1,4}|(?:an?|une?)(?=\\s))\\s*';

/** `20 minutes`, `1 hour and 30 minutes`, `2h15`: each unit is smaller than the one before. Days keep the time of day. */
function readSpan(reader: Reader, { now, zone }: Here): number | undefined {
  if (reader.take(HALF_HOUR)) return now + 30 * MINUTE_MS;
  const both = reader.take(HOURS_MINUTES);
  if (both) return now + (Number(both[1]) * 60 + Number(both[2])) * MINUTE_MS;
  const counts: Partial<Record<Unit, number>> = {};
  for (const [unit, names] of UNITS) {
    const and = Object.keys(counts).length > 0 ? '(?:(?:and|et)\\s+)?' : '';
    const [, many] = reader.take(word(`${and}${MANY}(?:${names})`)) ?? [];
    if (many !== undefined) counts[unit] = Number(many) || (/^\d/.test(many) ? 0 : 1);
  }
  if (Object.keys(counts).length === 0) return undefined;
  const { week = 0, day = 0, hour = 0, minute = 0 } = counts;
  return inDays(now, week * 7 + day, zone) + (hour * 60 + minute) * MINUTE_MS;
}

function inDays(now: number, days: number, zone: string): number {
  if (days === 0) return now;
  const dates = datesIn(zone);
  return (localTime(plus(dates.day(now), days), dates.time(now), zone) ?? now) + (now % MINUTE_MS);
}

/** The calendar day so many days after another. */
const plus = (day: string, days: number): string => new Date(Date.parse(`${day}T12:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** A day of the calendar; or a weekday (0 is Sunday), with `isNext` never today. */
type Day = { readonly day: string } | { readonly weekday: number; readonly isNext: boolean };

function readMoment(reader: Reader, here: Here): number | undefined {
  let [time, day] = [undefined as string | undefined, undefined as Day | undefined];
  for (let turns = 0; turns < 2; turns += 1) {
    time ??= readTime(reader);
    day ??= readDay(reader, here, time !== undefined);
  }
  if (day === undefined) return time === undefined ? undefined : nextAt(time, here);
  if ('day' in day) return time === undefined && day.day === today(here) ? undefined : localTime(day.day, time ?? MORNING, here.zone);
  return onWeekday(day, time ?? MORNING, here);
}

const today = ({ now, zone }: Here): string => datesIn(zone).day(now);

function nextAt(time: string, here: Here): number | undefined {
  const at = localTime(today(here), time, here.zone);
  return at !== undefined && at > here.now ? at : localTime(plus(today(here), 1), time, here.zone);
}

function onWeekday({ weekday, isNext }: { readonly weekday: number; readonly isNext: boolean }, time: string, here: Here) {
  const first = today(here);
  const days = (weekday - new Date(`${first}T12:00Z`).getUTCDay() + 7) % 7;
  const at = localTime(plus(first, days), time, here.zone);
  return days === 0 && (isNext || at === undefined || at <= here.now) ? localTime(plus(first, 7), time, here.zone) : at;
}

const AT = '(?:(?:at|à|@)\\s*)?';
const CLOCK = word(`${AT}(\\d{1,2})\\s?[:h]\\s?(\\d{2})(?:\\s*([ap])\\.?m\\.?)?`);
const HOUR = word(`${AT}(\\d{1,2})\\s*(?:h|heures?|([ap])\\.?m\\.?)`);
const BARE_HOUR = word('(?:at|à|@)\\s*(\\d{1,2})');
const NOON = word(`${AT}(?:noon|midi)`);
const MIDNIGHT = word(`${AT}(?:midnight|minuit)`);

/** `HH:MM`. */
function readTime(reader: Reader): string | undefined {
  if (reader.take(NOON)) return '12:00';
  if (reader.take(MIDNIGHT)) return '00:00';
  const [, hours = '', minutes = '', half] = reader.take(CLOCK) ?? [];
  if (hours !== '') return clockOf(hours, minutes, half);
  const [, hour = '', part] = reader.take(HOUR) ?? reader.take(BARE_HOUR) ?? [];
  return hour === '' ? undefined : clockOf(hour, '00', part);
}

/** Of hours and minutes that no clock shows a text that is no time. */
function clockOf(hours: string, minutes: string, half: string | undefined): string {
  const given = Number(hours);
  if (half !== undefined && (given < 1 || given > 12)) return NO_TIME;
  const hour = half === undefined ? given : (given % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  return hour > 23 || Number(minutes) > 59 ? NO_TIME : `${String(hour).padStart(2, '0')}:${minutes}`;
}

const NO_TIME = '99:99';

const ON = '(?:(?:on|le)\\s+)?';
const TODAY = word("today|aujourd['’]hui");
const TOMORROW = word('tomorrow|demain');
const AFTER_TOMORROW = word('(?:the )?day after tomorrow|après-demain|apres-demain');
const NEXT_WEEK = word('next week|la semaine prochaine');
const ISO_DAY = word(`${ON}(\\d{4}-\\d{2}-\\d{2})`);
const DAY_MONTH = word(`${ON}(\\d{1,2})(?:st|nd|rd|th|er)?\\s+(${MONTH})\\.?(?:\\s+(\\d{4}))?`);
const MONTH_DAY = word(`${ON}(${MONTH})\\.?\\s+(\\d{1,2})(?:st|nd|rd|th)?(?:,?\\s+(\\d{4}))?`);
const weekday = (names: string): RegExp => word(`(?:(?:on|le|this|ce)\\s+)?(next\\s+)?(${names})(\\s+prochain)?`);
const DAY_OF_WEEK = weekday(WEEKDAY);
const SHORT_DAY_OF_WEEK = weekday(SHORT_WEEKDAY);

/** `isAfterTime`: what follows may be the text, in which a short word is no weekday. */
function readDay(reader: Reader, here: Here, isAfterTime: boolean): Day | undefined {
  const first = today(here);
  if (reader.take(TODAY)) return { day: first };
  if (reader.take(TOMORROW)) return { day: plus(first, 1) };
  if (reader.take(AFTER_TOMORROW)) return { day: plus(first, 2) };
  if (reader.take(NEXT_WEEK)) return { day: plus(first, 7) };
  const [, iso] = reader.take(ISO_DAY) ?? [];
  if (iso !== undefined) return { day: iso };
  const [, date, month = '', year] = reader.take(DAY_MONTH) ?? swapped(reader.take(MONTH_DAY)) ?? [];
  if (date !== undefined) return { day: dayOf(Number(date), monthOf(month), year, first) };
  const found = reader.take(DAY_OF_WEEK) ?? (isAfterTime ? null : reader.take(SHORT_DAY_OF_WEEK));
  return found ? { weekday: weekdayOf(found[2] ?? ''), isNext: (found[1] ?? found[3]) !== undefined } : undefined;
}

const swapped = (found: RegExpExecArray | null): (string | undefined)[] | null => found && [found[0], found[2], found[1], found[3]];

/** Without a year the next such day. */
function dayOf(date: number, month: number, year: string | undefined, first: string): string {
  const dayIn = (of: number | string): string => `${of}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
  if (year !== undefined) return dayIn(year);
  const here = Number(first.slice(0, 4));
  return dayIn(here) < first ? dayIn(here + 1) : dayIn(here);
}
