import { DomainError, invalid } from '../errors.ts';
import { t } from '../language/text.ts';

/** C0 and C1 controls except line feed and tab: invisible, and interpreted by terminals. */
const CONTROLS = /[^\P{Cc}\n\t]/gu;

/** Created once: that takes longer than decoding most bodies. */
const UTF8 = new TextDecoder('utf-8');

/** Decodes UTF-8 without a byte order mark; invalid sequences become U+FFFD. */
export const decodeUtf8 = (bytes: Uint8Array): string => UTF8.decode(bytes);

/** Text as it is stored: line breaks are LF; no control characters, no lone surrogates, no blank lines at the start or end. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, '')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd(); // not `\s+$`, which takes quadratic time on long runs of spaces
}

/** Whether a text has no visible character. */
export const isBlank = (text: string): boolean => /^[\s\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(text);

/** Cleans and checks the body of a message. Errors: `invalid` (blank), `tooLarge`; both with field `body`. */
export function parseBody(text: string, maxBytes: number): string {
  const body = cleanText(text);
  if (isBlank(body)) throw invalid('body', t`Message is empty.`);
  const bytes = Buffer.byteLength(body, 'utf8');
  if (bytes > maxBytes) throw new DomainError('tooLarge', t`Message is too long: ${bytes} bytes, ${maxBytes} at most.`, { field: 'body' });
  return body;
}

/** Truncates text to `maxBytes` of UTF-8 at a character boundary and appends a note: a long message of a bot is shortened, not refused. */
export function cutText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  const mark = `\n[cut: ${bytes.length} bytes, ${maxBytes} at most]`;
  const kept = new TextDecoder('utf-8', { fatal: false }).decode(bytes.subarray(0, Math.max(0, maxBytes - mark.length)), { stream: true });
  return kept + mark;
}
