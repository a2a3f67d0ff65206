import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';
import type { Message } from '../log/entry.ts';
import type { Line, Page } from '../log/history.ts';

/** Unread messages of a member: their number, and the seq and time (ms) of the first by somebody else. `here`: whether it is on the page. */
type Unread = { readonly count: number; readonly seq: number; readonly at: number; readonly here: boolean };

type Reader = { readonly user: UserId; readonly mark: number };

/** The first unread message according to the read mark. Undefined when there is none by others. */
export async function unreadOn(core: Core, group: GroupId, { lines, head }: Page, { user, mark }: Reader): Promise<Unread | undefined> {
  if (mark >= head.n) return undefined;
  const messages = lines.flatMap((line) => (line.type === 'message' ? [line.folded.message] : []));
  const isHere = (messages[0]?.n ?? 0) <= mark + 1 && (messages.at(-1)?.n ?? 0) > mark;
  const [first] = isHere
    ? messages.filter(({ n, author }) => n > mark && author !== user)
    : await core.store.log.messages(group, mark + 1, mark + 1);
  return first && { ...unreadAt(first), count: head.n - mark, here: isHere };
}

/** The same for a given seq, from the URL of the page. */
export function unreadFromSeq(lines: readonly Line[], seq: number): Unread | undefined {
  const found = lines.find((line) => line.type === 'message' && line.folded.message.seq === seq);
  return found?.type === 'message' ? { ...unreadAt(found.folded.message), count: 0, here: true } : undefined;
}

const unreadAt = ({ seq, at }: Message) => ({ seq, at });
