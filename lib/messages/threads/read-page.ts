import type { Core } from '../../core.ts';
import type { GroupId } from '../../ids.ts';
import type { Head } from '../../log/entry.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import type { Line } from '../../log/history.ts';
import { readThread } from './read-thread.ts';

/**
 * A page of a thread. `messages`, and as `lines`: the root, then replies, oldest first. `older`: the seq to pass as `before` for older replies.
 * `head`: the end of the log before the page was read. `previous`: no message is before the root.
 */
export type ThreadPage = {
  readonly root: FoldedMessage;
  readonly messages: readonly FoldedMessage[];
  readonly lines: readonly Line[];
  readonly older: number | undefined;
  readonly head: Head;
  readonly previous: undefined;
};

const MAX_REPLIES = 200;

/**
 * A page of the thread of any message in it: its root, and the newest replies, or those with a seq below `before`, as many as readThread gives.
 * Errors: `notFound`, StoreUnavailable.
 */
export async function readThreadPage(core: Core, group: GroupId, seq: number, before = Number.MAX_SAFE_INTEGER): Promise<ThreadPage> {
  const head = await core.store.log.head(group);
  const { root, messages } = await readThread(core, group, seq, { before: Math.min(before, head.seq + 1), limit: MAX_REPLIES });
  const { seq: first } = root.message;
  const replies = messages.filter(({ message }) => message.seq !== first);
  const oldest = replies.length < messages.length ? undefined : replies[0]?.message.seq;
  const isOlder = oldest !== undefined && (await core.store.log.replies(group, first, { before: oldest, limit: 1 })).length > 0;
  const shown = [root, ...replies];
  const lines = shown.map((folded): Line => ({ type: 'message', folded }));
  return { root, messages: shown, lines, older: isOlder ? oldest : undefined, head, previous: undefined };
}
