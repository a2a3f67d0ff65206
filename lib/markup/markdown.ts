import { createRequire } from 'node:module';
import type { MarkdownIt, Token } from 'markdown-it';
import { blockRules } from './markdown-blocks.ts';
import { coreRules } from './markdown-core.ts';
import { inlineRules } from './markdown-inline.ts';

export type { Token } from 'markdown-it';

const require = createRequire(import.meta.url);

/** Where a message may lead. */
export const SAFE_URL = /^(?:https?:\/\/|mailto:)/i;

/** Nothing in it is to be encoded. */
const CLEAN_URL = /^[\w.~:/?#@!$&'()*+,;=%-]+$/;

/** What costs time to read: marks and lines. With more of them than this, code blocks left out, a text is shown as it is: that must stay cheap whatever is posted. */
const COSTLY = /[[*_`<|~!\\:&]/g;
const MAX_COSTLY = 4000;

let library: MarkdownIt | undefined;

/** The library, read when a text first needs it. */
function markdownIt(): MarkdownIt {
  if (library) return library;
  const make: typeof import('markdown-it').default = require('markdown-it');
  const md = make({ html: false, breaks: true, linkify: true, typographer: false });
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  for (const schema of ['ftp:', '//']) md.linkify.add(schema, null);
  md.validateLink = (url) => SAFE_URL.test(url);
  md.normalizeLinkText = (url) => url; // as it was written: what is shown must not be nicer than where it leads
  const { normalizeLink } = md;
  md.normalizeLink = (url) => (CLEAN_URL.test(url) ? url : normalizeLink.call(md, url)); // which costs more than all the rest
  for (const add of [blockRules, inlineRules, coreRules]) add(md);
  library = md;
  return md;
}

/** Any of the characters that mean something anywhere, a short code, or what means something where a line begins. */
const MARKUP = /[\\`*_[\]<&]|~~|\|\||:[a-z0-9_+-]+:|^[ \t]*(?:[#>+=|~-]|\d{1,9}[.)])|^(?: {4}| {0,3}\t)/m;

/** Whether a text may be more than its words as Markdown. False: it is what it says. */
const mayBeMarkup = (source: string): boolean => MARKUP.test(source) && !isCostly(source);

function isCostly(source: string): boolean {
  if (source.length <= MAX_COSTLY) return false;
  let [cost, fence] = [0, ''];
  for (const line of source.split('\n')) {
    if (fence !== '' && line.startsWith(fence)) fence = '';
    else if (fence === '') {
      fence = /^(?:`{3,}|~{3,})/.exec(line)?.[0] ?? '';
      cost += 1 + (line.match(COSTLY)?.length ?? 0);
    }
  }
  return cost > MAX_COSTLY;
}

/**
 * Reads Markdown: CommonMark without HTML, tables, `~~struck~~`, `||spoiler||`, `-# small`, task lists, short codes for emoji; a line break is one,
 * and addresses are links (http, https, mailto). Gives markdown-it's tokens; undefined where the text is just to be shown as it is: nothing in it means
 * anything, or nothing of it would be seen (an empty list, the address of a reference). The time is in proportion to the length.
 */
export function parseMarkdown(source: string): Token[] | undefined {
  if (!mayBeMarkup(source)) return undefined;
  const tokens = markdownIt().parse(source, {});
  return tokens.some(isSeen) ? tokens : undefined;
}

const isSeen = ({ type, content, children }: Token): boolean =>
  type === 'hr' || type === 'link_open' || type === 'image' || (children ? children.some(isSeen) : content.trim() !== '');

/** Text that reads as it stands wherever Markdown is read. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_~[\]|<!]|&(?=#?\w{1,31};)|:(?=[a-z0-9_+-]{1,40}:)/g, '\\$&')
    .replace(/^([ \t]*)([-+>#=]|\d{1,9}(?=[.)]))/gm, (_, space: string, mark: string) => {
      return /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`;
    })
    .replace(/^(?: (?= {3})|\t| (?= {0,2}\t))/gm, (space) => `&#${space.charCodeAt(0)};`);

/** Text as a code block, whatever it holds. `language`: the word for what it is written in. */
export function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.min(longest, 1000) + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Text in a line as code. */
export function codeSpan(text: string): string {
  const bare = text.replaceAll('\n', ' ');
  return bare.trim() === '' || bare.includes('`') ? escapeMarkdown(bare) : `\`${bare}\``;
}
