import type { UserId } from '../ids.ts';
import type { Message } from '../log/entry.ts';
import { isNamed } from '../markup/mentions.ts';
import type { Reachable } from './port.ts';

/** Where a message was said. In direct messages every message is meant for everybody. */
export type Place = { readonly isDirect: boolean };

/** Whether a member with this level is told of a message. `isNamed`: whether it names them. */
function shouldNotify(level: Reachable['level'], { isDirect, isNamed }: Place & { readonly isNamed: boolean }): boolean {
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

/** Whom of these a message is pushed to, as far as they want it: never its author. */
export const recipientsOf = ({ author, mentions }: Message, reachable: readonly Reachable[], { isDirect }: Place): UserId[] =>
  reachable
    .filter(({ user, level }) => user !== author && shouldNotify(level, { isDirect, isNamed: isNamed(mentions, user) }))
    .map(({ user }) => user);

/** What a browser is to show, as the service worker (static/sw.js) reads it. Notices with one tag replace each other. */
export type Notice = {
  /** The group's slug, and the message in it; null in a test. */
  readonly group: string | null;
  readonly seq: number | null;
  readonly author: string;
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  /** A path on this site. */
  readonly url: string;
};

/** Characters (code points) of a text that is shown. Together with what else there is in a notice they stay below 3 KB, whatever they are. */
export const [MAX_IN_TITLE, MAX_IN_BODY] = [100, 200];

/** The beginning of a text in one line, with a mark where it goes on. */
export function snippet(text: string, most: number): string {
  const begun = text.slice(0, most * 8).toWellFormed();
  const letters = [...begun.replace(/[\s\p{Cc}]+/gu, ' ').trim()];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : letters.join('');
}

/** What is known of a message that a notice is made of. `title`: what the group is called for the one who is told. */
type NotifiableMessage = {
  readonly slug: string;
  readonly seq: number;
  readonly author: string;
  readonly title: string;
  readonly text: string;
  /** Direct messages of two, where the author's name says all. */
  readonly isBetweenTwo: boolean;
};

export const noticeOf = ({ slug, seq, author, title, text, isBetweenTwo }: NotifiableMessage): Notice => ({
  group: slug,
  seq,
  author: snippet(author, MAX_IN_TITLE),
  title: snippet(isBetweenTwo ? author : `${author} in ${title}`, MAX_IN_TITLE),
  body: snippet(text, MAX_IN_BODY),
  tag: `group:${slug}`,
  url: `/groups/${slug}/messages/${seq}`,
});

const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ['Edge', /\bEdg(?:A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
];
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/],
  ['Mac', /\bMac ?OS\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
];

/** What a browser is, in words for its owner: `Firefox on Linux`. Of its User-Agent nothing else is kept. */
export function labelOf(userAgent: string): string {
  const nameIn = (table: typeof BROWSERS): string | undefined => table.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const system = nameIn(SYSTEMS);
  return [nameIn(BROWSERS) ?? 'A browser', ...(system ? [`on ${system}`] : [])].join(' ');
}
