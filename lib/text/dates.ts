import { currentLanguage, type Language } from '../language/current.ts';
import { t } from '../language/text.ts';

/** Formats times for one time zone. Every argument `at` is ms since the epoch. */
export type Dates = {
  /** `14:02` */
  time(at: number): string;
  /** `2025-11-21`: the calendar day, comparable as text. */
  day(at: number): string;
  /** `Friday, 21 November 2025` */
  dayLabel(at: number): string;
  /** `21 Nov 2025, 14:02` */
  moment(at: number): string;
  /** Seen at `now`: `14:02` of the same day, `Yesterday`, `Tue`, `12 Nov`, or `12 Nov 2025`. */
  when(at: number, now: number): string;
  /** `2025-11-21T14:02:03.004Z`, whatever the zone. */
  iso(at: number): string;
};

/** The variant of a language whose dates and times are used. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', fr: 'fr-FR' };

/** The formatters of a zone and a language; `is12Hours`: `2:02 pm` in place of `14:02`. Each throws RangeError when Intl does not know the zone. */
export function datesIn(timeZone: string, is12Hours = false, language: Language = 'en'): Dates {
  const locale = LOCALES[language];
  const hour = is12Hours ? ({ hour: 'numeric', hour12: true } as const) : ({ hour: '2-digit' } as const);
  const clock = formatter(locale, { timeZone, ...hour, minute: '2-digit' });
  const calendar = formatter('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const long = formatter(locale, { timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const short = formatter(locale, { timeZone, day: 'numeric', month: 'short', year: 'numeric' });
  const weekday = formatter(locale, { timeZone, weekday: 'short' });
  const inYear = formatter(locale, { timeZone, day: 'numeric', month: 'short' });
  const when = (at: number, now: number): string => {
    const daysAgo = Math.round((Date.parse(calendar(now)) - Date.parse(calendar(at))) / (24 * HOUR_MS));
    if (daysAgo === 0) return clock(at);
    if (daysAgo === 1) return capitalised(relativeIn(language).format(-1, 'day'), language);
    if (daysAgo > 1 && daysAgo < 7) return weekday(at);
    return calendar(at).slice(0, 4) === calendar(now).slice(0, 4) ? inYear(at) : short(at);
  };
  return {
    when,
    time: clock,
    day: calendar,
    dayLabel: long,
    moment: (at) => `${short(at)}, ${clock(at)}`,
    iso: (at) => new Date(at).toISOString(),
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const UNITS = [
  ['day', 24 * HOUR_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
] as const;
const relative = new Map<Language, Intl.RelativeTimeFormat>(); // created at first use, as below

function relativeIn(language: Language): Intl.RelativeTimeFormat {
  const format = relative.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  relative.set(language, format);
  return format;
}

const capitalised = (text: string, language: Language): string => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);

/** Relative time in whole units, in the current language: `5 minutes ago`, `yesterday`; `just now` within 1 min. */
export function ago(at: number, now: number): string {
  const [unit, ms] = UNITS.find(([, unitMs]) => now - at >= unitMs) ?? [];
  return unit && ms ? relativeIn(currentLanguage()).format(-Math.floor((now - at) / ms), unit) : t`just now`;
}

/** More than the offset of any zone from UTC. */
const MAX_OFFSET_MS = 15 * HOUR_MS;

/** The first ms of a day (`2026-11-01`) in a zone, also where daylight saving time begins at midnight. Throws RangeError when Intl does not know the zone. */
export function startOfDay(day: string, timeZone: string): number {
  const { day: dayAt } = datesIn(timeZone);
  let [before, from] = [Date.parse(day) - MAX_OFFSET_MS, Date.parse(day) + MAX_OFFSET_MS];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (dayAt(middle) < day) before = middle;
    else from = middle;
  }
  return from;
}

/**
 * The ms at which clocks in a zone show a day (`2026-11-01`) and a time (`02:30`); undefined when the calendar has no such day. The earlier of two when clocks
 * are set back; when they are set forward over it, as if they were not. Throws RangeError when Intl does not know the zone.
 */
export function localTime(day: string, time: string, timeZone: string): number | undefined {
  const utc = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== day) return undefined;
  const dates = datesIn(timeZone);
  const shown = (at: number): number => Date.parse(`${dates.day(at)}T${dates.time(at)}Z`);
  const [early = utc, late = utc] = [utc - 24 * HOUR_MS, utc + 24 * HOUR_MS].map((at) => utc - (shown(at) - at));
  return shown(early) !== utc && shown(late) === utc ? late : early;
}

/** Since then all zones differ from UTC by whole minutes: none of these formats changes within a minute. */
const WHOLE_MINUTES_SINCE = Date.UTC(1972, 6);

/** Creates the Intl formatter at first use, which takes some milliseconds, and keeps the last result: messages that are shown together are of the same minute. */
function formatter(locale: string, options: Intl.DateTimeFormatOptions): (at: number) => string {
  let made: Intl.DateTimeFormat | undefined;
  let last = { minute: Number.NaN, text: '' };
  return (at) => {
    made ??= new Intl.DateTimeFormat(locale, options);
    if (!(at >= WHOLE_MINUTES_SINCE)) return made.format(at);
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== last.minute) last = { minute, text: made.format(at) };
    return last.text;
  };
}
