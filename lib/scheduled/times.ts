import type { User } from '../accounts/port.ts';
import { invalid } from '../errors.ts';
import { currentLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { datesIn, localTime } from '../text/dates.ts';
import { parseWhen } from './when.ts';

const WITH_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i;
const WITHOUT_ZONE = /^(\d{4}-\d{2}-\d{2})[T ]+(\d{2}:\d{2})(?::\d{2}(?:\.\d{1,3})?)?$/;

/**
 * The time (ms) that a program or a form names: ms, ISO 8601 with a zone; where `zone` is given, also a time without one, or words (`tomorrow 9:00`), in
 * that zone. Errors: `invalid` (at).
 */
export function timeIn(given: string | number, { now, zone }: { readonly now: number; readonly zone: string | undefined }): number {
  const text = String(given).trim();
  if (/^\d{12,14}$/.test(text)) return Number(text);
  if (WITH_ZONE.test(text)) return known(Date.parse(text.replace(' ', 'T')));
  if (zone === undefined) throw unclear();
  const [, day, time] = WITHOUT_ZONE.exec(text) ?? [];
  if (day !== undefined && time !== undefined) return known(localTime(day, time, zone) ?? Number.NaN);
  const when = parseWhen(text, { now, zone });
  if (when?.rest !== '') throw invalid('at', t`Enter a date and a time, such as 2026-01-31 09:00.`);
  return when.at;
}

function known(at: number): number {
  if (Number.isNaN(at)) throw unclear();
  return at;
}

const unclear = () =>
  invalid('at', t`at must be a time with its zone, such as 2026-12-01T14:00:00+01:00 or 2026-12-01T13:00:00Z, or milliseconds since 1970.`);

/** A time as a person reads it, with the name of the zone: that of the request, else of the settings. */
export function zonedMoment(at: number, { preferences }: Pick<User, 'preferences'>, zone = preferences?.timeZone ?? 'UTC'): string {
  return `${datesIn(zone, preferences?.clock === '12', currentLanguage()).moment(at)} (${zone})`;
}

/** The times that the form offers, in words of parseWhen. */
export const PICKS = { hour: 'in 1 hour', tomorrow: 'tomorrow 9:00', monday: 'next monday 9:00' } as const;
