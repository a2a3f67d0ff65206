import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { moveMark, moveMarkBack } from '../groups/membership.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { t } from '../language/text.ts';
import type { Message } from '../log/entry.ts';
import { messageNumberAt } from '../log/history.ts';

/** A message number or a seq; both undefined: the end of the log. */
type ReadPosition = { readonly n?: number | undefined; readonly seq?: number | undefined };

/**
 * Moves the read mark of a member forward, up to and including a message; never back.
 * Resolves to the number of the last message read, and the number of unread messages after it.
 */
export async function markRead(
  core: Core,
  at: GroupAccess,
  { n, seq }: ReadPosition,
): Promise<{ readonly n: number; readonly unread: number }> {
  const head = await core.store.log.head(at.group.id);
  const wanted = seq === undefined ? (n ?? head.n) : await messageNumberAt(core, at.group.id, head, seq);
  const read = Math.max(Math.min(wanted, head.n), at.membership?.mark ?? 0);
  await moveMark(core, at.group.id, at.user.id, read);
  return { n: read, unread: Math.max(0, head.n - read) };
}

/**
 * Moves the read mark after a post from a page, in the background: whoever posts on a group's page has read the messages before. On the page of a thread,
 * and of a message that was scheduled, that is so only where the mark says it.
 */
export function markPosted(core: Core, at: GroupAccess, message: Message, page?: 'thread'): void {
  moveMarkAfter(core, at, message, page).catch((error) => core.logger.debug({ err: error }, 'read mark not moved'));
}

async function moveMarkAfter(core: Core, { group, user }: GroupAccess, { n }: Message, page?: 'thread'): Promise<void> {
  const mark = page === 'thread' ? (await core.store.memberships.get(group.id, user.id))?.mark : n - 1;
  if (mark === n - 1) await moveMark(core, group.id, user.id, n);
}

/** Moves the read mark back, so that the message with this seq and all later ones are unread. Resolves as markRead. Errors: `invalid` (no such entry). */
export async function markUnread(core: Core, at: GroupAccess, seq: number): Promise<{ readonly n: number; readonly unread: number }> {
  const head = await core.store.log.head(at.group.id);
  const [entry] = await core.store.log.range(at.group.id, seq, seq);
  if (!entry) throw invalid('seq', t`There is no such message.`);
  const n = Math.min(entry.kind === 'message' ? entry.n - 1 : entry.n, at.membership?.mark ?? 0);
  await moveMarkBack(core, at.group.id, at.user.id, n);
  return { n, unread: head.n - n };
}
