import { DomainError, invalid } from '../errors.ts';

/** C0 and C1 controls but line feed and tab: they show nothing and confuse terminals. */
const CONTROLS = /[^\P{Cc}\n\t]/gu;

/** Made once: that takes longer than most bodies do. */
const UTF8 = new TextDecoder('utf-8');

/** The text in some bytes, without a byte order mark; what is no UTF-8 becomes U+FFFD. */
export const decodeUtf8 = (bytes: Uint8Array): string => UTF8.decode(bytes);

/** Text as it is stored: line breaks are LF, no control or half characters, no blank lines at either end. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, '')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd(); // not `\s+$`, which looks at every space within once for each before it
}

/** Whether there is nothing to see: only space, or characters without a shape. */
export const isBlank = (text: string): boolean => /^[\s\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(text);

/** A body fit to be posted. Errors: `invalid` (blank), `tooLarge`; both with field `body`. */
export function parseBody(text: string, maxBytes: number): string {
  const body = cleanText(text);
  if (isBlank(body)) throw invalid('body', 'Message is empty: write something first.');
  const bytes = Buffer.byteLength(body, 'utf8');
  if (bytes > maxBytes) throw new DomainError('tooLarge', `Message is too long: ${bytes} bytes, ${maxBytes} at most.`, { field: 'body' });
  return body;
}

/** Cuts text to `maxBytes` of UTF-8 at a character boundary, with a mark that says so: what a bot sends must not vanish. */
export function cutText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  const mark = `\n[cut: ${bytes.length} bytes, ${maxBytes} at most]`;
  const kept = new TextDecoder('utf-8', { fatal: false }).decode(bytes.subarray(0, Math.max(0, maxBytes - mark.length)), { stream: true });
  return kept + mark;
}
