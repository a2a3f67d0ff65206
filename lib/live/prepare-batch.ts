import type { Core } from '../core.ts';
import { type Entry, isFollowUp, type Message } from '../log/entry.ts';
import { type FoldedMessage, fold } from '../log/fold.ts';
import { type Line, readMessage } from '../log/history.ts';
import { BATCH_WEIGHT, weightOfEntry, weightOfMessage } from '../log/weight.ts';
import { textsIn, withholdErased } from '../log/withhold.ts';
import { peopleIn } from '../messages/threads/context.ts';
import { readRelated } from '../messages/threads/related.ts';
import { Batch, type Place, type Renderer } from './batch.ts';
import { isRendered, type Subscriber } from './follower.ts';

/** Entries at most this old that arrive live are not looked up for erasures: ms. */
const LIVE_MS = 1000;
/** A batch that was rendered within this time is as if it had been sent when it was prepared: ms. */
const AT_ONCE_MS = 20;
/** Messages read at a time, whose rows are to be rendered again. */
const READ_TOGETHER = 20;

/**
 * Reads what rendering these entries needs: which of their texts are erased, the messages that follow-ups change, and the profiles of all people
 * named. `isLive`: they were announced, not read for a replay. The batch has those of the entries, from the first, that weigh BATCH_WEIGHT together at
 * most; one at least. `before`: the message before them, where it is known. Errors: StoreUnavailable.
 */
export async function prepareBatch(
  core: Core,
  views: Renderer,
  place: Place,
  found: readonly Entry[],
  { isLive = false, before }: { readonly isLive?: boolean; readonly before?: Message | undefined } = {},
): Promise<Batch> {
  const now = core.now();
  const { kept, folded } = await withinWeight(core, found);
  const readable = await withholdErased(core.store.log, kept, isLive ? { since: now - LIVE_MS, until: now + LIVE_MS } : undefined);
  const related = await readRelated(core, [...folded.values(), ...repliesIn(readable.entries)]);
  const lines: Line[] = readable.entries.map((entry) =>
    entry.kind === 'message' ? { type: 'message', folded: fold(entry, []) } : { type: 'line', entry },
  );
  const changed: Line[] = [...folded.values()].map((one) => ({ type: 'message', folded: one }));
  const profiles = await core.directory.profiles(peopleIn([...lines, ...changed], related));
  return new Batch(core, readable, folded, { profiles, related }, place, views, before);
}

/** The messages that answer others. The others show nothing of other messages when they arrive: nobody has answered them yet. */
const repliesIn = (entries: readonly Entry[]): FoldedMessage[] =>
  entries.flatMap((entry) => (entry.kind === 'message' && entry.replyTo !== undefined ? [fold(entry, [])] : []));

/** Whether the texts of a batch that was prepared earlier may still be shown. Errors: StoreUnavailable. */
export async function isStillReadable({ store }: Pick<Core, 'store'>, { entries, erased }: Batch): Promise<boolean> {
  const [group, texts] = [entries[0]?.group, textsIn(entries)];
  if (group === undefined || texts.length === 0) return true;
  const now = await store.log.erasedAmong(group, texts);
  return now.size === erased.size && [...now].every((seq) => erased.has(seq));
}

async function withinWeight(core: Core, entries: readonly Entry[]) {
  const folded = new Map<number, FoldedMessage>();
  const kept: Entry[] = [];
  let left = BATCH_WEIGHT;
  for (let from = 0; from < entries.length; from += READ_TOGETHER) {
    const part = entries.slice(from, from + READ_TOGETHER);
    for (const one of await changedMessages(core, part, folded)) folded.set(one.message.seq, one);
    for (const entry of part) {
      const target = isFollowUp(entry) ? folded.get(entry.target) : undefined;
      left -= weightOfEntry(entry) + (target ? weightOfMessage(target) : 0);
      if (left < 0 && kept.length > 0) return { kept, folded };
      kept.push(entry);
    }
  }
  return { kept, folded };
}

function changedMessages(core: Core, entries: readonly Entry[], known: ReadonlyMap<number, FoldedMessage>): Promise<FoldedMessage[]> {
  const changed = new Map(entries.filter(isFollowUp).map((entry) => [entry.target, entry.group]));
  return Promise.all([...changed].filter(([target]) => !known.has(target)).map(([target, group]) => readMessage(core, group, target)));
}

/** Renders a batch in every format that these followers have. Some may come while it is being rendered. */
export async function renderFor(batch: Batch, followers: Iterable<Subscriber>): Promise<void> {
  for (;;) {
    const forms = Array.from(followers, ({ listener }) => listener.format);
    const missing = forms.filter(isRendered).find((form) => !batch.isRendered(form));
    if (missing === undefined) return;
    await batch.render(missing);
  }
}

/** Renders a batch for a follower; whether it may still be sent: when that took long, a text may have been erased meanwhile. Errors: StoreUnavailable. */
export async function isReadyFor(core: Core, batch: Batch, follower: Subscriber): Promise<boolean> {
  const beganAt = performance.now();
  await renderFor(batch, [follower]);
  return performance.now() - beganAt < AT_ONCE_MS || (await isStillReadable(core, batch));
}
