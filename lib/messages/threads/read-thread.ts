import type { Core } from '../../core.ts';
import type { GroupId } from '../../ids.ts';
import type { Message } from '../../log/entry.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import { readMessage, type Window } from '../../log/history.ts';
import { PAGE_WEIGHT, weightOfMessage } from '../../log/weight.ts';
import { fitting, foldMessages, weightBeforeEdits } from '../../log/window.ts';
import { rootOf } from './related.ts';

/**
 * A window of a thread. `root`: its first message, also where the window does not have it. `count`: the number of all replies. `messages`: the root and
 * the replies that are in the window, by seq. `older`, `newer`: cursors (seq) for `before` and `after`; undefined at the ends.
 */
export type Thread = {
  readonly root: FoldedMessage;
  readonly count: number;
  readonly messages: readonly FoldedMessage[];
  readonly older: number | undefined;
  readonly newer: number | undefined;
};

export type ThreadWindow = Pick<Window, 'before' | 'after' | 'limit'>;

const MAX_PER_PAGE = 200;

/**
 * At most `limit` messages (200 at most) of the thread that the message `seq` is in or began, as long as they weigh PAGE_WEIGHT together at most, and
 * one at least: after seq `after`, or before seq `before`, else the newest. A message that nobody has answered is a thread of one.
 * Errors: `notFound`, StoreUnavailable.
 */
export async function readThread(core: Core, group: GroupId, seq: number, window: ThreadWindow): Promise<Thread> {
  const named = await readMessage(core, group, seq);
  const first = rootOf(named.message);
  const root = first === seq ? named : await readMessage(core, group, first);
  const summary = (await core.store.log.threads(group, [first])).get(first);
  const messages = await readWindow(core, root, window);
  const [oldest, newest] = [messages[0]?.message, messages.at(-1)?.message];
  return {
    ...{ root, messages, count: summary?.replies ?? 0 },
    older: oldest && oldest.seq > first ? oldest.seq : undefined,
    newer: newest && newest.seq < (summary?.lastSeq ?? first) ? newest.seq : undefined,
  };
}

async function readWindow(core: Core, root: FoldedMessage, { before, after, limit }: ThreadWindow): Promise<readonly FoldedMessage[]> {
  const { log } = core.store;
  const { group, seq: first } = root.message;
  const size = Math.min(Math.max(1, limit), MAX_PER_PAGE);
  if (after !== undefined) {
    const replies = await log.replies(group, first, { after: Math.max(after, first), limit: size });
    return foldFitting(core, after < first ? [root.message, ...replies] : replies, size);
  }
  const end = before ?? Number.MAX_SAFE_INTEGER;
  const replies = end > first ? await log.replies(group, first, { before: end, limit: size }) : [];
  return (await foldFitting(core, [...replies.toReversed(), ...(end > first ? [root.message] : [])], size)).toReversed();
}

/** The first `size` messages, in their order, as long as they fit on a page. */
async function foldFitting(core: Core, messages: readonly Message[], size: number): Promise<readonly FoldedMessage[]> {
  const [first] = messages;
  if (!first) return [];
  await core.scheduler.turn();
  const likely = fitting(messages.slice(0, size), weightBeforeEdits, PAGE_WEIGHT, 1).items;
  return fitting(await foldMessages(core, first.group, likely), weightOfMessage, PAGE_WEIGHT, 1).items;
}
