import { createRequire } from 'node:module';
import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { isBlank } from '../text/body.ts';

const require = createRequire(import.meta.url);

/** Short codes that only Slack has. */
const ALIASES: Readonly<Record<string, string>> = {
  thinking_face: '🤔',
  octagonal_sign: '🛑',
  blue_circle: '🔵',
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  large_orange_circle: '🟠',
  tools: '🛠️',
  robot_face: '🤖',
  unicorn_face: '🦄',
  clock: '🕐',
  medal: '🏅',
};

let table: ReadonlyMap<string, string> | undefined;

/** Emoji by short code, as in GitHub and Slack. Loaded at first use. */
function emojiTable(): ReadonlyMap<string, string> {
  if (!table) {
    const full: { readonly default: Readonly<Record<string, string>> } = require('markdown-it-emoji/lib/data/full.mjs');
    table = new Map([...Object.entries(full.default), ...Object.entries(ALIASES)]);
  }
  return table;
}

/** All emoji by name, as JSON, for completion on pages. */
export const emojiJson = (): string => JSON.stringify(Object.fromEntries(emojiTable()));

/** The parts of the table, which is in the order of Unicode, by the name that each begins with. */
const PARTS = {
  grinning: 'Faces',
  wave: 'People',
  monkey_face: 'Nature',
  grapes: 'Food',
  earth_africa: 'Places',
  jack_o_lantern: 'Activities',
  eyeglasses: 'Objects',
  atm: 'Symbols',
  checkered_flag: 'Flags',
} as const;
/** A part, as URLs and /emoji name it. */
export type EmojiPart = (typeof PARTS)[keyof typeof PARTS];
export const EMOJI_PARTS: readonly EmojiPart[] = Object.values(PARTS);

export type NamedEmoji = { readonly name: string; readonly emoji: string };

/** Each emoji once, by the first of its names. */
const unique = (all: readonly NamedEmoji[]): NamedEmoji[] =>
  [...new Map(all.toReversed().map((one) => [one.emoji, one])).values()].toReversed();

/** The emoji of a part, or those with these words in their names, 200 at most. */
export function listEmoji({ part, words }: { readonly part: string; readonly words: readonly string[] }): NamedEmoji[] {
  let current = '';
  const found: NamedEmoji[] = [];
  for (const [name, emoji] of emojiTable()) {
    current = name in PARTS ? PARTS[name as keyof typeof PARTS] : current;
    const isWanted = words.length > 0 ? words.every((word) => name.includes(word)) : current === part;
    if (isWanted) found.push({ name, emoji });
  }
  return words.length > 0 ? unique(found).slice(0, 200) : unique(found);
}

/** The emoji with this name, such as `tada`; undefined for an unknown name. */
export const emojiNamed = (name: string): string | undefined => emojiTable().get(name);

const SHORTCODES = /(?<![\w:/.])(?::[a-z0-9_+-]{1,40}:){1,50}(?![\w:/])/g;
const MAY_BE = /:[a-z0-9_+-]{1,40}:/;

/** Replaces short codes such as `:rocket:` by emoji; leaves unknown ones, and those within a word, a time or a URL. */
export const withEmoji = (text: string): string =>
  MAY_BE.test(text) ? text.replace(SHORTCODES, (all) => all.replace(/:([^:]+):/g, (one, name: string) => emojiNamed(name) ?? one)) : text;

const MAX_LARGE = 8;
const ONLY_EMOJI = new RegExp(`^(?:\\p{RGI_Emoji}\\s*){1,${MAX_LARGE}}$`, 'v');

/** Whether a text is up to 8 emoji and nothing else: it is shown large. Short codes count as the emoji that they stand for. */
export function isOnlyEmoji(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length > 0 && trimmed.length <= 300 && ONLY_EMOJI.test(withEmoji(trimmed));
}

/** Parses a reaction: an emoji, its short code (`:tada:`), or up to 16 characters of text. Errors: `invalid` (emoji). */
export function parseEmoji(text: string): string {
  const given = text
    .toWellFormed()
    .normalize('NFC')
    .trim()
    .replace(/\p{Zs}+/gu, ' ');
  const [, name] = /^:([\w+-]{1,60}):$/.exec(given) ?? [];
  const emoji = (name === undefined ? undefined : emojiNamed(name.toLowerCase())) ?? given;
  if (emoji === '' || isBlank(emoji)) throw invalid('emoji', t`Reaction is empty.`);
  if ([...emoji].length > 16 || /[\p{Cc}/]/u.test(emoji))
    throw invalid('emoji', t`Reaction is too long: 16 characters at most, without a slash.`);
  return emoji;
}
