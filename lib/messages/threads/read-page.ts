import type { Core } from '../../core.ts';
import { notFound } from '../../errors.ts';
import type { GroupId } from '../../ids.ts';
import type { Head } from '../../log/entry.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import { foldMessages, type Line, readMessage } from '../../log/history.ts';
import { PAGE_WEIGHT, weightOfMessage } from '../../log/weight.ts';
import { rootOf } from './related.ts';

/**
 * A page of a thread. `lines`: the root, then replies, oldest first. `older`: the seq to pass as `before` for older replies. `head`: the end of the log
 * before the page was read. `previous`: no message is before the root.
 */
export type Thread = {
  readonly root: FoldedMessage;
  readonly lines: readonly Line[];
  readonly older: number | undefined;
  readonly head: Head;
  readonly previous: undefined;
};

const MAX_REPLIES = 200;
/** Replies read at a time, so that a page of heavy ones takes little memory. */
const READ_TOGETHER = 51;

/**
 * The thread of any message in it: its root, and the newest replies, or those with a seq below `before`; 200 at most, as long as they weigh PAGE_WEIGHT
 * together, and one at least. Errors: `notFound`, StoreUnavailable.
 */
export async function readThread(core: Core, group: GroupId, seq: number, before?: number): Promise<Thread> {
  const [message, head] = await Promise.all([core.store.log.message(group, seq), core.store.log.head(group)]);
  if (!message) throw notFound();
  const root = await readMessage(core, group, rootOf(message));
  const { replies, older } = await readReplies(core, root, Math.min(before ?? head.seq + 1, head.seq + 1));
  return { root, lines: [root, ...replies].map((folded) => ({ type: 'message', folded })), older, head, previous: undefined };
}

/** The newest replies before a seq, oldest first. */
async function readReplies(
  core: Core,
  { message: { group, seq: root } }: FoldedMessage,
  before: number,
): Promise<{ readonly replies: readonly FoldedMessage[]; readonly older: number | undefined }> {
  const kept: FoldedMessage[] = [];
  let left = PAGE_WEIGHT;
  for (;;) {
    await core.scheduler.turn();
    const found = await core.store.log.replies(group, root, { before: kept.at(-1)?.message.seq ?? before, limit: READ_TOGETHER });
    for (const one of (await foldMessages(core, group, found)).toReversed()) {
      left -= weightOfMessage(one);
      const last = kept.at(-1);
      if (last && (kept.length === MAX_REPLIES || left < 0)) return { replies: kept.toReversed(), older: last.message.seq };
      kept.push(one);
    }
    if (found.length < READ_TOGETHER) return { replies: kept.toReversed(), older: undefined };
  }
}
