import { escapeMarkdown, fenced } from '../../../markup/markdown.ts';
import { lineIn, urlIn } from '../../../markup/rich-content.ts';
import { momentOf } from '../../../markup/rich-content-text.ts';
import { withEmoji } from './emoji.ts';

/** More characters of one text are not read: more is rarely stored, and reading them takes its time. */
const LONGEST = 150_000;

/** A text of a bearable length, with a mark where it was cut. */
export const bounded = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}\n[cut: ${text.length} characters, ${LONGEST} at most]`;

/** Text as it stands, as Markdown. */
export const plain = (text: string): string => escapeMarkdown(bounded(text));

/** Text on one line, cut to a readable length, as Markdown. */
export const short = (value: unknown, longest = 200): string => plain(lineIn(value, longest) ?? '');

/** A link as Markdown; only its label where the address is not one to be followed. The label is plain text. */
export function link(label: string, url: unknown): string {
  const target = urlIn(url);
  const text = plain(withEmoji(label).replace(/\s+/g, ' ').slice(0, 900));
  return target === undefined ? text : `[${text === '' ? plain(target) : text}](${target})`;
}

/** A moment given in seconds, as plain text. */
export const moment = (seconds: number): string => (seconds > 0 && seconds < 253_402_300_800 ? momentOf(seconds * 1000) : '');

/** `>>>`: all that follows is quoted, in Slack and Discord. */
export const quoted = (text: string): string =>
  text.replace(/^ {0,3}>>>[ \t]?([^>][\s\S]*)$/m, (_, rest: string) => rest.replace(/^/gm, '> '));

/** First lines that only name the language of a code block. */
const LANGUAGE =
  /^(md|markdown|json|ya?ml|sh|bash|shell|console|te?xt|plaintext|diff|py|python|js|ts|sql|xml|html|css|go|rust|java|log|ini|toml|promql|http|ansi|fix)\n/i;
const CODE = /```([\s\S]*?)```|`([^`\n]+)`/g;
const [OPEN, SHUT] = ['\ue000', '\ue001'];

/**
 * Keeps what is finished out of the way of what reads the rest: `aside` gives a mark for it, `back` puts all of them in again. A text that has such marks
 * of its own loses them.
 */
export class Aside {
  readonly #kept: string[] = [];

  aside(markdown: string): string {
    return `${OPEN}${this.#kept.push(markdown) - 1}${SHUT}`;
  }

  /** The text with its code put aside: what was within three backticks as a block of its own lines. `read` is applied to the code. */
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
    return put(put(text)).replace(/^\n+/, ''); // a link's label may have code in it
  }
}

const codeSpan = (text: string): string => `\`${text}\``;
