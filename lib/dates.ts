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

/** Made with the first moment that is to be said: making one takes some milliseconds. */
function formatter(locale: string, options: Intl.DateTimeFormatOptions): (at: number) => string {
  let made: Intl.DateTimeFormat | undefined;
  return (at) => {
    made ??= new Intl.DateTimeFormat(locale, options);
    return made.format(at);
  };
}
