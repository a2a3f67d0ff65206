import { invalid } from '../errors.ts';
import type { Language } from '../language/current.ts';
import { t } from '../language/text.ts';
import { datesIn } from '../text/dates.ts';

/** What a person has chosen for the pages they see. What is absent is as the browser has it. */
export type Preferences = {
  readonly theme?: 'light' | 'dark';
  readonly density?: 'compact';
  readonly language?: Language;
  /** IANA name, such as `Europe/Paris`. */
  readonly timeZone?: string;
  readonly clock?: '12' | '24';
  /** How long an erasure can be undone (s); else UNDO_SECONDS. */
  readonly undoSeconds?: 30 | 60;
  /** No notifications from the first to the second, `HH:MM` in `timeZone`, else in UTC; the end may be on the next day. */
  readonly quiet?: { readonly from: string; readonly to: string };
};

/** How long an erasure can be undone, unless chosen otherwise. */
export const UNDO_SECONDS = 10;

/** A time zone that Intl knows; undefined for an empty text. Errors: `invalid` (time_zone). */
export function parseTimeZone(text: string): string | undefined {
  const zone = text.trim();
  if (zone === '') return undefined;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions();
    if (!/^[+-]/.test(zone)) return timeZone;
  } catch {
    // unknown
  }
  throw invalid('time_zone', t`The time zone must be one of the list, such as Europe/Paris.`);
}

const CLOCK_TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Quiet hours; undefined when both are empty or equal. Errors: `invalid` (quiet_from, quiet_to). */
export function parseQuietHours(from: string, to: string): Preferences['quiet'] {
  if (from === '' && to === '') return undefined;
  if (!CLOCK_TIME.test(from)) throw invalid('quiet_from', t`Quiet hours must begin at a time such as 22:00.`);
  if (!CLOCK_TIME.test(to)) throw invalid('quiet_to', t`Quiet hours must end at a time such as 07:00.`);
  return from === to ? undefined : { from, to };
}

/** Whether a person has quiet hours at `now` (ms). static/js/quiet.js is the same for open pages. */
export function isQuiet({ quiet, timeZone = 'UTC' }: Preferences, now: number): boolean {
  if (!quiet) return false;
  const time = datesIn(timeZone).time(now);
  return quiet.from < quiet.to ? time >= quiet.from && time < quiet.to : time >= quiet.from || time < quiet.to;
}
