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

/** Throws RangeError for a zone that Intl does not know. */
export function datesIn(timeZone: string): Dates {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const calendar = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const long = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const short = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short', year: 'numeric' });
  return {
    time: (at) => clock.format(at),
    day: (at) => calendar.format(at),
    dayLabel: (at) => long.format(at),
    moment: (at) => `${short.format(at)}, ${clock.format(at)}`,
    iso: (at) => new Date(at).toISOString(),
  };
}
