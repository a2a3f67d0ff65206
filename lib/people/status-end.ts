import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { datesIn, localTime, startOfDay } from '../text/dates.ts';
import type { StatusEnd } from './forms.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AFTER: Readonly<Partial<Record<StatusEnd, number>>> = { '30m': HOUR_MS / 2, '1h': HOUR_MS, '4h': 4 * HOUR_MS };

/** What the form says: `until` is for `custom` only, as `<input type="datetime-local">` has it. */
type Given = { readonly end: StatusEnd; readonly until: string };

/** When a status ends that is set at `now` (ms) by somebody in `timeZone`; null: never. `week`: the end of Sunday. Errors: `invalid` (until). */
export function endOf({ end, until }: Given, now: number, timeZone: string): number | null {
  if (end === 'never') return null;
  if (end === 'custom') return parseUntil(until, timeZone);
  const after = AFTER[end];
  if (after !== undefined) return now + after;
  const today = datesIn(timeZone).day(now);
  const noon = Date.parse(`${today}T12:00:00Z`); // a day has 24 hours there
  const days = end === 'today' ? 1 : 7 - ((new Date(noon).getUTCDay() + 6) % 7);
  return startOfDay(new Date(noon + days * DAY_MS).toISOString().slice(0, 10), timeZone);
}

/** In a browser without a field for it the time is typed, with a space or a T. */
function parseUntil(text: string, timeZone: string): number {
  const [, day = '', time = ''] = /^(\d{4}-\d\d-\d\d)[T ]+(\d\d:\d\d)(?::00)?$/.exec(text.trim()) ?? [];
  const at = localTime(day, time, timeZone);
  if (at === undefined) throw invalid('until', t`Enter a date and a time, such as 2026-01-31 09:00.`);
  return at;
}
