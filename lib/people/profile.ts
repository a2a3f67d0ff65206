import type { Status } from '../accounts/port.ts';
import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { emojiNamed } from '../markup/emoji.ts';
import { isBlank } from '../text/body.ts';

export const MAX_DISPLAY_NAME = 48;
export const MAX_STATUS_TEXT = 100;
/** A leap year. */
const MAX_STATUS_MS = 366 * 86_400_000;
const MAX_EMOJI = 16;

/** Not allowed: control, format, unassigned and other invisible characters. The joiners U+200C and U+200D are, between letters: Persian and Indic scripts need them. */
const INVISIBLE = /(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const JOINERS = /(?<=[\p{L}\p{M}])[\u200c\u200d](?=\p{L})/gu;

/** The text without joiners that are allowed, to compare its looks. */
export const withoutJoiners = (text: string): string => text.replace(JOINERS, '');

/** A display name; null for an empty text. Errors: `invalid` (display_name). */
export function parseDisplayName(text: string): string | null {
  const name = spaced(text);
  if (name === '') return null;
  if (isBlank(name) || INVISIBLE.test(withoutJoiners(name)))
    throw invalid('display_name', t`Display name contains an invisible character. Remove it.`);
  if ([...name].length > MAX_DISPLAY_NAME)
    throw invalid('display_name', t`Display name is too long: ${MAX_DISPLAY_NAME} characters at most.`);
  return name;
}

const spaced = (text: string): string => text.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').trim();

/** A status; null when neither emoji nor text is given. `until`: ms, or null. Errors: `invalid` (emoji, text, until). */
export function parseStatus(
  given: { readonly emoji: string; readonly text: string; readonly until: number | null },
  now: number,
): Status | null {
  const [emoji, text] = [parseStatusEmoji(given.emoji), spaced(given.text)];
  if ([...text].length > MAX_STATUS_TEXT) throw invalid('text', t`Status is too long: ${MAX_STATUS_TEXT} characters at most.`);
  if (text !== '' && (isBlank(text) || INVISIBLE.test(text.replace(/\u200d/gu, ''))))
    throw invalid('text', t`Status contains an invisible character. Remove it.`);
  if (emoji === '' && text === '') return null;
  if (given.until !== null && given.until <= now) throw invalid('until', t`The end of a status must be in the future.`);
  if (given.until !== null && given.until > now + MAX_STATUS_MS) throw invalid('until', t`The end of a status must be within a year.`);
  return { emoji, text, until: given.until };
}

/** One emoji or its short code (`:palm_tree:`); '' for none. */
function parseStatusEmoji(text: string): string {
  const given = spaced(text);
  const [, name] = /^:([\w+-]{1,60}):$/.exec(given) ?? [];
  const emoji = (name === undefined ? undefined : emojiNamed(name.toLowerCase())) ?? given;
  const isOne =
    emoji === '' || ([...emoji].length <= MAX_EMOJI && /^[\p{Emoji}\p{Emoji_Component}]+$/u.test(emoji) && !/^[\d#*]+$/.test(emoji));
  if (!isOne) throw invalid('emoji', t`The emoji of a status must be one emoji, or its name such as :palm_tree:.`);
  return emoji;
}
