import { datesIn, startOfDay } from '../text/dates.ts';
import type { StatusEnd } from './forms.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AFTER: Readonly<Partial<Record<StatusEnd, number>>> = { '30m': HOUR_MS / 2, '1h': HOUR_MS, '4h': 4 * HOUR_MS };

/** When a status ends that is set at `now` (ms) by somebody in `timeZone`; null: never. `week`: the end of Sunday. */
export function endOf(end: StatusEnd, now: number, timeZone: string): number | null {
  if (end === 'never') return null;
  const after = AFTER[end];
  if (after !== undefined) return now + after;
  const today = datesIn(timeZone).day(now);
  const noon = Date.parse(`${today}T12:00:00Z`); // a day has 24 hours there
  const days = end === 'today' ? 1 : 7 - ((new Date(noon).getUTCDay() + 6) % 7);
  return startOfDay(new Date(noon + days * DAY_MS).toISOString().slice(0, 10), timeZone);
}
