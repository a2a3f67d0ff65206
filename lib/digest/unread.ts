import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { type MyGroup, myGroups, withMentions } from '../groups/roster.ts';
import { isDirect, isMuted } from '../groups/rules.ts';
import { t } from '../language/text.ts';
import { bodyText, filesOf } from '../log/body-text.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { foldMessages } from '../log/history.ts';
import { isNamed } from '../markup/mentions.ts';

/** A message that waits for a person: one that mentions them, or a direct one. */
export type Waiting = {
  readonly group: MyGroup['group'];
  readonly author: string;
  readonly text: string;
  readonly seq: number;
  readonly at: number;
};

/** After `since` and up to `until` (ms). */
export type Period = { readonly since: number; readonly until: number };

/** Of one group only so many messages are looked at, the newest. */
const MAX_LOOKED_AT = 100;
const MAX_TEXT = 140;

/** When the person last had a group open (ms); 0: never. */
export const lastSeen = async ({ store }: Core, user: User['id']): Promise<number> =>
  Math.max(0, ...(await store.memberships.ofUser(user)).map(({ seen = 0 }) => seen));

/** The unread messages of a period that mention the person, and their unread direct messages, oldest first; none of muted groups and no erased ones. */
export async function waitingFor(core: Core, user: User, period: Period): Promise<Waiting[]> {
  const mine = await withMentions(core, user.id, await myGroups(core, user));
  const relevant = mine.filter(
    ({ group, membership, mentions, unread }) => !isMuted(membership) && (isDirect(group) ? unread > 0 : mentions > 0),
  );
  const found: Waiting[] = [];
  for (const one of relevant) found.push(...(await waitingIn(core, user, one, period)));
  return found.sort((a, b) => a.at - b.at);
}

async function waitingIn(core: Core, user: User, { group, membership, n }: MyGroup, { since, until }: Period): Promise<Waiting[]> {
  const from = Math.max(membership.mark + 1, n - MAX_LOOKED_AT + 1);
  const messages = (await core.store.log.messages(group.id, from, n)).filter(
    ({ at, author }) => at > since && at <= until && author !== user.id,
  );
  const folded = (await foldMessages(core, group.id, messages)).filter((one) => isFor(one, user, group));
  const profiles = await core.directory.profiles(folded.map(({ message }) => message.author));
  return folded.map((one) => {
    const { author, as, seq, at } = one.message;
    const name = profiles.get(author)?.shownName ?? t`somebody`;
    return { group, author: as ? `${name} (${as})` : name, text: begun(textOf(one)), seq, at };
  });
}

const isFor = (folded: FoldedMessage, { id }: User, group: MyGroup['group']): boolean =>
  !isErased(folded) && (isDirect(group) || isNamed(folded.state.mentions, id));

/** The text, or the names of the files. */
const textOf = (folded: FoldedMessage): string =>
  bodyText(folded).trim() ||
  filesOf(folded)
    .map(({ name }) => name)
    .join(', ');

function begun(text: string): string {
  const letters = [
    ...text
      .slice(0, MAX_TEXT * 8)
      .toWellFormed()
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
  ];
  return letters.length > MAX_TEXT ? `${letters.slice(0, MAX_TEXT - 1).join('')}…` : letters.join('');
}
