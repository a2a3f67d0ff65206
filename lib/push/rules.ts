import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Message } from '../log/entry.ts';
import { isNamed } from '../markup/mentions.ts';
import type { Reachable } from './port.ts';

/** The group of a message. A direct message concerns all its participants. */
type NotificationContext = { readonly isDirect: boolean };

/** Whether a member with this level is notified of a message. `isNamed`: whether it mentions them. */
function shouldNotify(level: Reachable['level'], { isDirect, isNamed }: NotificationContext & { readonly isNamed: boolean }): boolean {
  switch (level) {
    case 'everything':
      return true;
    case 'mentions':
      return isDirect || isNamed;
    case 'nothing':
      return false;
    default:
      throw level satisfies never;
  }
}

/** The members that a message is pushed to, by their level. Its author only of a reminder, which a user posts to themself under another name. */
export const recipientsOf = (
  { author, as, mentions }: Message,
  reachable: readonly Reachable[],
  { isDirect }: NotificationContext,
): UserId[] =>
  reachable
    .filter(
      ({ user, level }) => (user !== author || as !== undefined) && shouldNotify(level, { isDirect, isNamed: isNamed(mentions, user) }),
    )
    .map(({ user }) => user);

/** The content of a push notification, read by the service worker (static/sw.js). Notices with the same tag replace each other. */
export type Notice = {
  /** The group's slug, and the message in it; null in a test. */
  readonly group: string | null;
  readonly seq: number | null;
  readonly author: string;
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  /** A path on this server. */
  readonly url: string;
};

/** Maximum length of texts in code points. It keeps a notice below 3 KB, whatever the characters. */
export const [MAX_IN_TITLE, MAX_IN_BODY] = [100, 200];

/** The beginning of a text in one line, with `…` if it is cut. */
function snippet(text: string, most: number): string {
  const begun = text.slice(0, most * 8).toWellFormed();
  const letters = [...begun.replace(/[\s\p{Cc}]+/gu, ' ').trim()];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : letters.join('');
}

/** The facts of a notice. `title`: the group's name as the recipient sees it. */
type NotifiableMessage = {
  readonly slug: string;
  readonly seq: number;
  readonly author: string;
  readonly title: string;
  readonly text: string;
  /** Of the site. */
  readonly basePath: string;
  /** A direct conversation of two: the author's name suffices as title. */
  readonly isBetweenTwo: boolean;
};

export const noticeOf = ({ basePath, slug, seq, author, title, text, isBetweenTwo }: NotifiableMessage): Notice => ({
  group: slug,
  seq,
  author: snippet(author, MAX_IN_TITLE),
  title: snippet(isBetweenTwo ? author : t`${author} in ${title}`, MAX_IN_TITLE),
  body: snippet(text, MAX_IN_BODY),
  tag: `group:${slug}`,
  url: `${basePath}/groups/${slug}/messages/${seq}`,
});
