import type { User } from '../accounts/port.ts';
import type { RouteContext } from '../http/route-context.ts';
import { bodyText, filesOf } from '../log/body-text.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { lastMessage } from '../log/history.ts';
import { groupJson } from './presenter.ts';
import { myGroups } from './roster.ts';

/** The groups of a user, each with its last message. */
export async function listGroups(web: RouteContext, user: User, which: Parameters<typeof myGroups>[2] = {}) {
  const mine = await myGroups(web.core, user, which);
  return Promise.all(
    mine.map(async ({ group, membership, n }) => {
      const folded = await lastMessage(web.core, group.id, n);
      const profiles = await web.core.directory.profiles(folded ? [folded.message.author] : []);
      const author = folded ? (profiles.get(folded.message.author)?.name ?? 'somebody') : '';
      const last = folded ? { seq: folded.message.seq, author, text: snippet(summary(folded)), at: folded.message.at } : null;
      return { ...groupJson(group, membership, n), last };
    }),
  );
}

/** A listed group as JSON. */
export const listedJson = ({ last, ...group }: Awaited<ReturnType<typeof listGroups>>[number]) => ({
  ...group,
  last: last && { ...last, at: new Date(last.at).toISOString() },
});

/** The text of a message, or the name of its first file when it has no text. */
const summary = (folded: FoldedMessage): string => bodyText(folded) || (filesOf(folded)[0]?.name ?? '');

const snippet = (text: string): string => ([...text].length > 140 ? `${[...text].slice(0, 139).join('')}…` : text);
