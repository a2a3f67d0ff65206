import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import { type Entry, isAhead } from './entry.ts';

const AGAIN_AFTER_MS = 3_600_000;
const MAX_GROUPS = 1000;

/** Logs a warning, once an hour and group, when an entry was given a time from the future: a clock is ahead, or once was. */
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
      'a clock was ahead: entries of this group keep the time of the last one until then',
    );
  };
}
