import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';
import type { Message } from '../log/entry.ts';
import type { Line, Page } from '../log/history.ts';

/** What a member has not read: how many messages, the first one by somebody else, and whether that is on the page. `at`: ms. */
export type Unread = { readonly count: number; readonly seq: number; readonly at: number; readonly here: boolean };

type Reader = { readonly user: UserId; readonly mark: number };

/** Where what is new to a member begins, as their mark was when the page was asked for. Undefined when nothing is, or all of it is their own. */
export async function unreadOn(core: Core, group: GroupId, { lines, head }: Page, { user, mark }: Reader): Promise<Unread | undefined> {
  if (mark >= head.n) return undefined;
  const messages = lines.flatMap((line) => (line.type === 'message' ? [line.folded.message] : []));
  const isHere = (messages[0]?.n ?? 0) <= mark + 1 && (messages.at(-1)?.n ?? 0) > mark;
  const [first] = isHere
    ? messages.filter(({ n, author }) => n > mark && author !== user)
    : await core.store.log.messages(group, mark + 1, mark + 1);
  return first && { ...unreadAt(first), count: head.n - mark, here: isHere };
}

/** The same where the page's address says which message was the first unread one. */
export function unreadSaid(lines: readonly Line[], seq: number): Unread | undefined {
  const found = lines.find((line) => line.type === 'message' && line.folded.message.seq === seq);
  return found?.type === 'message' ? { ...unreadAt(found.folded.message), count: 0, here: true } : undefined;
}

const unreadAt = ({ seq, at }: Message) => ({ seq, at });
