import { createRequire } from 'node:module';
import type { MarkdownIt, Token } from 'markdown-it';
import { isTooCostly } from './cost.ts';
import { blockRules } from './markdown-blocks.ts';
import { coreRules } from './markdown-core.ts';
import { inlineRules } from './markdown-inline.ts';

export type { Token } from 'markdown-it';

const require = createRequire(import.meta.url);

/** URLs that a message may link to. */
export const SAFE_URL = /^(?:https?:\/\/|mailto:)/i;

/** A URL that needs no encoding. */
const CLEAN_URL = /^[\w.~:/?#@!$&'()*+,;=%-]+$/;

let library: MarkdownIt | undefined;

/** markdown-it with our rules; loaded at first use. */
function markdownIt(): MarkdownIt {
  if (library) return library;
  const make: typeof import('markdown-it').default = require('markdown-it');
  const md = make({ html: false, breaks: true, linkify: true, typographer: false });
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  for (const schema of ['ftp:', '//']) md.linkify.add(schema, null);
  md.validateLink = (url) => SAFE_URL.test(url);
  md.normalizeLinkText = (url) => url; // as written: the label must not hide the target
  const { normalizeLink } = md;
  md.normalizeLink = (url) => (CLEAN_URL.test(url) ? url : normalizeLink.call(md, url)); // normalizing costs more than the rest of the parse
  for (const add of [blockRules, inlineRules, coreRules]) add(md);
  library = md;
  return md;
}

/** Special characters, short codes of emoji, and block markers at the start of a line. */
const MARKUP = /[\\`*_[\]<&]|~~|\|\||:[a-z0-9_+-]+:|^[ \t]*(?:[#>+=|~-]|\d{1,9}[.)])|^(?: {4}| {0,3}\t)/m;

/** Whether a text may contain Markdown. False: it is plain text. */
const mayBeMarkup = (source: string): boolean => MARKUP.test(source) && !isTooCostly([source]);

/**
 * Parses Markdown: CommonMark without HTML, tables, `~~struck~~`, `||spoiler||`, `-# small`, task lists, short codes for emoji; line breaks are hard
 * breaks, and URLs are links (http, https, mailto). Returns markdown-it's tokens; undefined when the text is shown as plain text: it has no markup, or
 * nothing would be visible (an empty list, a link reference definition). Linear time.
 */
export function parseMarkdown(source: string): Token[] | undefined {
  if (!mayBeMarkup(source)) return undefined;
  const tokens = markdownIt().parse(source, {});
  return tokens.some(isSeen) ? tokens : undefined;
}

const isSeen = ({ type, content, children }: Token): boolean =>
  type === 'hr' || type === 'link_open' || type === 'image' || (children ? children.some(isSeen) : content.trim() !== '');

/** Escapes text for Markdown. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_~[\]|<!]|&(?=#?\w{1,31};)|:(?=[a-z0-9_+-]{1,40}:)/g, '\\$&')
    .replace(/^([ \t]*)([-+>#=]|\d{1,9}(?=[.)]))/gm, (_, space: string, mark: string) => {
      return /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`;
    })
    .replace(/^(?: (?= {3})|\t| (?= {0,2}\t))/gm, (space) => `&#${space.charCodeAt(0)};`);

/** Text as a fenced code block. `language`: the info string. */
export function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.min(longest, 1000) + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Text as inline code. */
export function codeSpan(text: string): string {
  const bare = text.replaceAll('\n', ' ');
  return bare.trim() === '' || bare.includes('`') ? escapeMarkdown(bare) : `\`${bare}\``;
}
