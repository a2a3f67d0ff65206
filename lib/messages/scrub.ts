import type { Core } from '../core.ts';
import { fold } from './fold.ts';

/**
 * Removes for good the text of messages whose time to undo has run out. Resolves to how many were due.
 * What it does is decided by the log alone, so it may run anywhere, twice, or after a crash.
 */
export async function scrubDue(core: Core, limit = 100): Promise<number> {
  const due = await core.store.log.dueScrubs(core.now(), limit);
  for (const erase of due) {
    const message = await core.store.log.message(erase.group, erase.target);
    if (!message) continue;
    const followUps = await core.store.log.followUps(erase.group, [{ seq: erase.target, after: message.folded?.upto ?? erase.target }]);
    const isStillErased = fold(message, followUps).state.erasedBy?.seq === erase.seq;
    if (isStillErased) await core.store.log.scrub(erase.group, erase.target, erase.seq);
    else await core.store.log.settle(erase.group, erase.seq);
  }
  return due.length;
}
