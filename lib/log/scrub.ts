import type { Core } from '../core.ts';
import type { Entry } from './entry.ts';
import { foldMessages } from './history.ts';

const AT_ONCE = 100;

/**
 * Removes for good the text and the files of messages whose time to undo has run out. Resolves to how many were due.
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

async function scrubOne(core: Core, { group, target, seq }: Entry & { kind: 'erase' }): Promise<void> {
  const { log } = core.store;
  const message = await log.message(group, target);
  const [folded] = await foldMessages(core, group, message ? [message] : []);
  if (folded?.state.erasedBy?.seq !== seq) return log.clearDue(group, seq);
  // Whatever indexer still has the text in its hands: what it makes of it is older than this.
  await core.store.search.put(group, [{ seq: target, rev: folded.rev, at: folded.message.at, terms: [] }]);
  // First, while the log still says which they are.
  for (const { id } of message?.attachments ?? []) await core.store.files.remove(id);
  await core.store.deliveries.scrub(group, target); // what bots answered to it, or said in it
  await log.clearPins(group, target, seq);
  await log.scrub(group, target, seq);
}
