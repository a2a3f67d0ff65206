import { escapeMarkdown, fenced } from '../../../markup/markdown.ts';
import { lineIn, urlIn } from '../../../markup/rich-content.ts';
import { momentOf } from '../../../markup/rich-content-text.ts';
import { withEmoji } from './emoji.ts';

/** The maximum number of characters of one text that are processed. */
const LONGEST = 150_000;

/** The text cut to LONGEST characters, with a mark. */
export const bounded = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}\n[cut: ${text.length} characters, ${LONGEST} at most]`;

/** Escapes plain text as Markdown. */
export const plain = (text: string): string => escapeMarkdown(bounded(text));

/** Plain text on one line, cut to `longest` characters, escaped as Markdown. */
export const short = (value: unknown, longest = 200): string => plain(lineIn(value, longest) ?? '');

/** A link as Markdown; only its label when the URL is not allowed. The label is plain text. */
export function link(label: string, url: unknown): string {
  const target = urlIn(url);
  const text = plain(withEmoji(label).replace(/\s+/g, ' ').slice(0, 900));
  return target === undefined ? text : `[${text === '' ? plain(target) : text}](${target})`;
}

/** A time given in seconds since the epoch, as plain text; empty when out of range. */
export const moment = (seconds: number): string => (seconds > 0 && seconds < 253_402_300_800 ? momentOf(seconds * 1000) : '');

/** Converts `>>>` of Slack and Discord, which quotes the rest of the text. */
export const quoted = (text: string): string =>
  text.replace(/^ {0,3}>>>[ \t]?([^>][\s\S]*)$/m, (_, rest: string) => rest.replace(/^/gm, '> '));

/** A first line that names the language of a code block. */
const LANGUAGE =
  /^(md|markdown|json|ya?ml|sh|bash|shell|console|te?xt|plaintext|diff|py|python|js|ts|sql|xml|html|css|go|rust|java|log|ini|toml|promql|http|ansi|fix)\n/i;
const CODE = /```([\s\S]*?)```|`([^`\n]+)`/g;
const [OPEN, SHUT] = ['\ue000', '\ue001'];

/**
 * Replaces finished Markdown with placeholders while the rest of a text is converted: `aside` returns a placeholder, `back` inserts the Markdown
 * again. Placeholder characters in the input are removed.
 */
export class Placeholders {
  readonly #kept: string[] = [];

  aside(markdown: string): string {
    return `${OPEN}${this.#kept.push(markdown) - 1}${SHUT}`;
  }

  /** Replaces code spans and blocks with placeholders; blocks get lines of their own. `read` is applied to the code. */
  code(text: string, read: (code: string) => string): string {
    return text
      .replaceAll(OPEN, '')
      .replaceAll(SHUT, '')
      .replace(CODE, (_, block: string | undefined, inline: string | undefined) => {
        if (block === undefined) return this.aside(codeSpan(read(inline ?? '')));
        const [line = '', language] = LANGUAGE.exec(block) ?? [];
        const said = read(block.slice(line.length)).replace(/^\n|\n$/g, '');
        return said.trim() === '' ? '' : `\n${this.aside(fenced(said, language))}\n`;
      });
  }

  back(text: string): string {
    const put = (marked: string): string => marked.replace(/\ue000(\d+)\ue001/g, (_, index: string) => this.#kept[Number(index)] ?? '');
    return put(put(text)).replace(/^\n+/, ''); // twice, since a link's label may contain code
  }
}

const codeSpan = (text: string): string => `\`${text}\``;
