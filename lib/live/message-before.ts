import type { Core } from '../core.ts';
import type { Entry, Message } from '../log/entry.ts';
import { messageBefore } from '../log/history.ts';

/**
 * The message before one of these entries: one of them, or `known`, or else from the store, which is read for the first message of a replay only.
 * Without the store it is unknown.
 */
export async function findMessageBefore(
  core: Pick<Core, 'store'>,
  message: Message,
  entries: readonly Entry[],
  known: Message | undefined,
): Promise<Message | undefined> {
  const isBefore = (one: Entry | undefined): one is Message => one?.kind === 'message' && one.n === message.n - 1;
  const found = entries.findLast((entry) => isBefore(entry)) ?? known;
  return isBefore(found) ? found : messageBefore(core, message).catch(() => undefined);
}
