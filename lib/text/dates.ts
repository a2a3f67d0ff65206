/** How a moment is said to a reader in one time zone. Every argument `at` is ms since the epoch. */
export type Dates = {
  /** `14:02` */
  time(at: number): string;
  /** `2025-11-21`: the calendar day, for comparing. */
  day(at: number): string;
  /** `Friday, 21 November 2025` */
  dayLabel(at: number): string;
  /** `21 Nov 2025, 14:02` */
  moment(at: number): string;
  /** `2025-11-21T14:02:03.004Z`, whatever the zone. */
  iso(at: number): string;
};

/** Every function throws RangeError when Intl does not know the zone. */
export function datesIn(timeZone: string): Dates {
  const clock = formatter('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const calendar = formatter('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const long = formatter('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const short = formatter('en-GB', { timeZone, day: 'numeric', month: 'short', year: 'numeric' });
  return {
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
let relative: Intl.RelativeTimeFormat | undefined; // made with the first moment, as below

/** How long `at` is past, in whole units: `5 minutes ago`, `yesterday`; `just now` within a minute. */
export function ago(at: number, now: number): string {
  const [unit, ms] = UNITS.find(([, unitMs]) => now - at >= unitMs) ?? [];
  relative ??= new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  return unit && ms ? relative.format(-Math.floor((now - at) / ms), unit) : 'just now';
}

/** No zone is further from UTC. */
const MAX_OFFSET_MS = 15 * HOUR_MS;

/** The first ms of a day (`2026-11-01`) in a zone, also where clocks are put forward at midnight. Throws RangeError when Intl does not know the zone. */
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

/** Made with the first moment that is to be said: making one takes some milliseconds. */
function formatter(locale: string, options: Intl.DateTimeFormatOptions): (at: number) => string {
  let made: Intl.DateTimeFormat | undefined;
  return (at) => {
    made ??= new Intl.DateTimeFormat(locale, options);
    return made.format(at);
  };
}
