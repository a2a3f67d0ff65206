import type { Core } from '../core.ts';
import type { Entry } from './entry.ts';
import { fold } from './fold.ts';

const AT_ONCE = 100;

/**
 * Removes for good the text of messages whose time to undo has run out. Resolves to how many were due.
 * What it does is decided by the log alone, so it may run anywhere, twice, or after a crash.
 */
export async function scrubDue(core: Core, atOnce = AT_ONCE): Promise<number> {
  let done = 0;
  for (;;) {
    const due = await core.store.log.dueScrubs(core.now(), atOnce);
    for (const erase of due) await scrubOne(core, erase);
    done += due.length;
    if (due.length < atOnce) return done;
  }
}

async function scrubOne({ store: { log } }: Core, { group, target, seq }: Entry & { kind: 'erase' }): Promise<void> {
  const message = await log.message(group, target);
  const followUps = message ? await log.followUps(group, [{ seq: target, after: message.folded?.upto ?? 0 }]) : [];
  const isStillErased = message !== undefined && fold(message, followUps).state.erasedBy?.seq === seq;
  if (isStillErased) await log.scrub(group, target, seq);
  else await log.settle(group, seq);
}
