import { emojiNamed } from '../../../markup/emoji.ts';

export { withEmoji } from '../../../markup/emoji.ts';

/** An emoji, given as a character or as a shortcode with or without colons; undefined for an unknown shortcode. */
export function emojiIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 60) return undefined;
  const name = value.trim().replace(/^:|:$/g, '');
  return emojiNamed(name) ?? (/^\p{Extended_Pictographic}/u.test(name) ? name.slice(0, 16) : undefined);
}
