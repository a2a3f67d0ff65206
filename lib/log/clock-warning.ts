import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import { type Entry, isAhead } from './entry.ts';

const AGAIN_AFTER_MS = 3_600_000;
const MAX_GROUPS = 1000;

/** Logs a warning, at most once per hour and group, when an entry has a time in the future: a clock is or was ahead. */
export function clockWarning({ now, logger }: Pick<Core, 'now' | 'logger'>): (entry: Entry) => void {
  const warnedAt = new Map<GroupId, number>();
  return ({ group, at }) => {
    if (!isAhead({ at }, now())) return;
    const last = warnedAt.get(group) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - last < AGAIN_AFTER_MS) return;
    if (warnedAt.size >= MAX_GROUPS) warnedAt.clear();
    warnedAt.set(group, performance.now());
    logger.warn(
      { group, until: new Date(at).toISOString() },
      'a clock was ahead: new entries of this group have the time of its last entry until then',
    );
  };
}
