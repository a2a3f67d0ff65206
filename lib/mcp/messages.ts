import type { GroupAccess } from '../groups/rules.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { type Page, readPage, type Window } from '../log/history.ts';
import { notifiedBy } from '../messages/notified-members.ts';
import { messageJson, messageText } from '../messages/presenter.ts';
import { contextOf, contextOfLines, contextOfMessages, peopleIn } from '../messages/threads/context.ts';
import { readThread, type ThreadWindow } from '../messages/threads/read-thread.ts';
import type { Caller } from './caller.ts';

/** One message as JSON. */
export async function oneMessage({ core }: Caller, at: GroupAccess, folded: FoldedMessage) {
  return messageJson(core, folded, at.group, await contextOf(core, folded), at.user.id);
}

/** A message that the caller has written, with whom it notifies. */
export const writtenMessage = async (caller: Caller, at: GroupAccess, folded: FoldedMessage) => ({
  ...(await oneMessage(caller, at, folded)),
  notified: await notifiedBy(caller.core, folded),
});

/** A window of messages as JSON, oldest first, with the cursors of the adjacent ones. Errors: StoreUnavailable. */
export async function messagesIn({ core }: Caller, at: GroupAccess, window: Window) {
  const page = await readPage(core, at.group.id, window);
  const context = await contextOfLines(core, page.lines);
  const messages = await Array.fromAsync(foldedIn(page), (folded) => messageJson(core, folded, at.group, context, at.user.id));
  return { messages, older: page.older ?? null, newer: page.newer ?? null };
}

/** A window of the thread of a message, oldest first, with the cursors of the adjacent ones. Errors: `notFound`, StoreUnavailable. */
export async function threadOf({ core }: Caller, at: GroupAccess, seq: number, window: ThreadWindow) {
  const { root, count, messages, older, newer } = await readThread(core, at.group.id, seq, window);
  const context = await contextOfMessages(core, messages);
  return {
    ...{ root: root.message.seq, replies: count },
    messages: await Array.fromAsync(messages, (folded) => messageJson(core, folded, at.group, context, at.user.id)),
    ...{ older: older ?? null, newer: newer ?? null },
  };
}

export const foldedIn = ({ lines }: Page): FoldedMessage[] => lines.flatMap((line) => (line.type === 'message' ? [line.folded] : []));

/** Messages as lines of text, each with its number and time. */
export async function linesOf({ core }: Caller, messages: readonly FoldedMessage[]): Promise<string> {
  const profiles = await core.directory.profiles(peopleIn(messages.map((folded) => ({ type: 'message', folded }))));
  const lines = await Array.fromAsync(
    messages,
    async (folded) => `#${folded.message.seq} ${new Date(folded.message.at).toISOString()} ${await messageText(core, folded, profiles)}`,
  );
  return lines.join('\n');
}
