import type { Core } from '../core.ts';
import type { Attached, Entry, Message } from './entry.ts';
import { foldMessages } from './history.ts';
import type { DueEntry } from './port.ts';

const BATCH_SIZE = 100;

/**
 * Permanently removes the text and the files of erased messages whose undo period is over, and the text of old commands, except in groups on legal hold.
 * Resolves to the number of entries handled.
 * It depends only on the log, so it may run on any process, concurrently, and again after a crash.
 */
export async function scrubDue(core: Core, batchSize = BATCH_SIZE): Promise<number> {
  let done = 0;
  if (core.config.legalHold) return 0;
  const held = await core.store.groups.held();
  for (;;) {
    const due = await core.store.log.dueScrubs(await core.sharedNow(), batchSize, held);
    for (const entry of due) await scrubOne(core, entry);
    done += due.length;
    if (due.length < batchSize) return done;
  }
}

const scrubOne = (core: Core, entry: DueEntry): Promise<void> =>
  entry.kind === 'erase' ? scrubErased(core, entry) : scrubCommand(core, entry);

async function scrubCommand({ store: { log } }: Core, { group, seq }: Entry): Promise<void> {
  await log.scrubActs(group, [seq]);
  await log.clearDue(group, seq);
}

async function scrubErased(core: Core, { group, target, seq }: Entry & { kind: 'erase' }): Promise<void> {
  const { log } = core.store;
  const message = await log.message(group, target);
  const [folded] = await foldMessages(core, group, message ? [message] : []);
  if (folded?.state.erasedBy?.seq !== seq) return log.clearDue(group, seq);
  // Supersedes what an indexer may still write for the old text: its `rev` is lower.
  await core.store.search.put(group, [{ seq: target, rev: folded.rev, at: folded.message.at, terms: [] }]);
  // Before the log is scrubbed, which removes the list of files.
  for (const { id } of await filesEverOf(core, message)) await core.store.files.remove(id);
  await core.store.deliveries.scrub(group, target); // responses of bots to it, and texts of bots in it
  await log.clearPins(group, target, seq);
  await log.scrub(group, target, seq);
}

/** The files of a message, and those that replaced them. */
async function filesEverOf(core: Core, message: Message | undefined): Promise<readonly Attached[]> {
  if (!message) return [];
  const followUps = await core.store.log.followUps(message.group, [{ seq: message.seq, after: 0 }]);
  return [message, ...followUps].flatMap((entry) => ('attachments' in entry ? (entry.attachments ?? []) : []));
}
