import type { Core } from '../core.ts';
import { t } from '../language/text.ts';
import { bodyText, filesOf } from '../log/body-text.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { lastMessage } from '../log/history.ts';
import { groupJson } from './presenter.ts';
import type { MyGroup } from './roster.ts';

/** Groups of a user, each with its last message. */
export function withLast(core: Core, mine: readonly MyGroup[]) {
  return Promise.all(
    mine.map(async ({ group, membership, n }) => {
      const folded = await lastMessage(core, group.id, n);
      const profiles = await core.directory.profiles(folded ? [folded.message.author] : []);
      const author = folded ? (profiles.get(folded.message.author)?.shownName ?? t`somebody`) : '';
      const last = folded ? { seq: folded.message.seq, author, text: snippet(summary(folded)), at: folded.message.at } : null;
      return { ...groupJson(group, membership, n, core.config.basePath), last };
    }),
  );
}

/** A listed group as JSON. */
export const listedJson = ({ last, ...group }: Awaited<ReturnType<typeof withLast>>[number]) => ({
  ...group,
  last: last && { ...last, at: new Date(last.at).toISOString() },
});

/** The text of a message, or the name of its first file when it has no text. */
const summary = (folded: FoldedMessage): string => bodyText(folded) || (filesOf(folded)[0]?.name ?? '');

const snippet = (text: string): string => ([...text].length > 140 ? `${[...text].slice(0, 139).join('')}…` : text);
