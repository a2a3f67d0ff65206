import type { Config } from '../config.ts';
import { invalid } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import { plural, t } from '../language/text.ts';

export const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

type Rules = Pick<Config, 'retentionDays' | 'retentionDirectDays' | 'legalHold'>;

/** Days after which the messages of a group are erased; 0: never. Of the group itself, else of the site, which has another number for direct conversations. */
export const daysFor = ({ kind, retentionDays }: Pick<Group, 'kind' | 'retentionDays'>, config: Rules): number =>
  retentionDays ?? (kind === 'direct' ? config.retentionDirectDays : config.retentionDays);

/** Whether nothing in a group may be erased by retention or by operators. */
export const isHeld = ({ held }: Pick<Group, 'held'>, { legalHold }: Pick<Rules, 'legalHold'>): boolean => legalHold || held === true;

/** `site`, `forever`, or a number of days from 1, as stored: null, 0 or the number. Throws `invalid` (days). */
export function parseDays(text: string): number | null {
  if (text === 'site') return null;
  if (text === 'forever') return 0;
  const days = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > MAX_DAYS)
    throw invalid('days', t`Retention must be 1 to ${MAX_DAYS} days, 'forever', or 'site' for that of the site.`);
  return days;
}

/** `30 days`, `1 day`, `forever`. */
export const daysText = (days: number): string => (days === 0 ? t`forever` : plural(days, 'day'));
