import { renderCode } from './code-html.ts';
import { MAX_HIGHLIGHTED } from './cost.ts';
import { parseMarkdown, type Token } from './markdown.ts';
import type { MentionTarget } from './mentions.ts';
import { anchor, escapeHtml, type MentionMarks, markMentions, mentionMarks, renderMarked, renderText } from './text-html.ts';

/**
 * Renders the texts of one message, which share its limits (highlighted code, mentions). Markdown as HTML: only known elements, all text escaped, links
 * only to http, https and mailto. Headings are bold lines. `isPlain`: the texts together cost too much, and are plain text.
 */
export function markdownRenderer(mentioned: readonly MentionTarget[], isPlain: boolean): (source: string) => string {
  const renderer = new Renderer(mentioned);
  return (source) => {
    const tokens = isPlain ? undefined : parseMarkdown(source);
    return tokens ? renderer.blocks(tokens) : renderPlain(source, renderer.marks);
  };
}

/** The Markdown of a message; plain text when it has no markup. */
export function renderMessage(source: string, mentioned: readonly MentionTarget[]): string {
  const tokens = parseMarkdown(source);
  return tokens ? `<div class="rich">${new Renderer(mentioned).blocks(tokens)}</div>` : renderText(source, mentioned);
}

const renderPlain = (text: string, marks: MentionMarks): string =>
  text
    .split(/\n(?:[^\S\n]*\n)+/)
    .map((part) => `<p>${renderMarked(part, marks)}</p>`)
    .join('');

/** HTML by token type; other tokens give only their text. The only attributes taken from the library are URLs and numbers. */
const TAGS: Readonly<Record<string, string>> = {
  paragraph_open: '<p>',
  paragraph_close: '</p>',
  heading_open: '<p class="headline"><b>',
  heading_close: '</b></p>',
  small_open: '<p><small>',
  small_close: '</small></p>',
  blockquote_open: '<blockquote>',
  blockquote_close: '</blockquote>',
  bullet_list_open: '<ul>',
  bullet_list_close: '</ul>',
  ordered_list_close: '</ol>',
  list_item_close: '</li>',
  thead_open: '<thead>',
  thead_close: '</thead>',
  tbody_open: '<tbody>',
  tbody_close: '</tbody>',
  tr_open: '<tr>',
  tr_close: '</tr>',
  th_close: '</th>',
  td_close: '</td>',
  table_close: '</table></div>',
  hr: '<hr>',
  hardbreak: '<br>',
  softbreak: '<br>',
  strong_open: '<b>',
  strong_close: '</b>',
  em_open: '<i>',
  em_close: '</i>',
  s_open: '<s>',
  s_close: '</s>',
  spoiler_open: '<span class="spoiler" tabindex="0">',
  spoiler_close: '</span>',
};

/** Renders the texts of one message. */
class Renderer {
  readonly marks: MentionMarks;
  #mayHighlight = MAX_HIGHLIGHTED;

  constructor(mentioned: readonly MentionTarget[]) {
    this.marks = mentionMarks(mentioned);
  }

  blocks(tokens: readonly Token[]): string {
    let html = '';
    for (const [index, token] of tokens.entries())
      if (!token.hidden && !isAllOfQuote(tokens, index)) html += this.#block(token, tokens, index);
    return html;
  }

  #block(token: Token, tokens: readonly Token[], index: number): string {
    switch (token.type) {
      case 'inline':
        return this.#inline(token.children ?? []);
      case 'fence':
      case 'code_block':
        return this.#code(token);
      case 'ordered_list_open':
        return `<ol${numberAttribute('start', token.attrGet('start'))}>`;
      case 'list_item_open':
        return token.meta?.isTask === true ? '<li class="task">' : '<li>';
      case 'table_open':
        return `<div class="wide"${focusable(tokens, index)}><table>`;
      case 'th_open':
      case 'td_open':
        return `<${token.tag === 'th' ? 'th' : 'td'}${sideOf(token)}>`;
      default:
        return TAGS[token.type] ?? escapeHtml(token.content);
    }
  }

  #code({ content, info }: Token): string {
    const code = content.replace(/\n$/, '');
    this.#mayHighlight -= code.length;
    const html = this.#mayHighlight < 0 ? escapeHtml(code) : renderCode(code, info);
    const isTall = code.split('\n').length > TALL_LINES;
    return `<pre${isTall ? ' class="tall"' : ''}${isTall || isWide(code) ? ' tabindex="0"' : ''}><code>${html}</code></pre>`;
  }

  /** A link contains no other links and no mentions. */
  #inline(tokens: readonly Token[]): string {
    let html = '';
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at];
      if (token?.type === 'link_open') {
        let label = '';
        for (at += 1; at < tokens.length && tokens[at]?.type !== 'link_close'; at += 1) label += labelHtml(tokens[at]);
        html += link(String(token.attrGet('href')), label);
      } else if (token) html += this.#piece(token);
    }
    return html;
  }

  #piece(token: Token): string {
    switch (token.type) {
      case 'text':
        return markMentions(token.content, this.marks);
      case 'spoiler_open':
      case 'spoiler_close':
        return TAGS[token.type] ?? '';
      case 'image':
        return link(String(token.attrGet('src')), (token.children ?? []).map(labelHtml).join(''));
      default:
        return labelHtml(token);
    }
  }
}

function labelHtml(token: Token | undefined): string {
  if (!token || token.type.startsWith('spoiler_')) return '';
  if (token.type === 'code_inline') return `<code>${escapeHtml(token.content)}</code>`;
  if (token.type === 'image') return (token.children ?? []).map(labelHtml).join('');
  return TAGS[token.type] ?? escapeHtml(token.content);
}

const link = (url: string, label: string): string => anchor(url, label.trim() === '' ? escapeHtml(url) : label);

/** The only paragraph of a quote is rendered without `<p>`. */
function isAllOfQuote(tokens: readonly Token[], index: number): boolean {
  const typeAt = (at: number): string | undefined => tokens[at]?.type;
  const open = typeAt(index) === 'paragraph_open' ? index : typeAt(index) === 'paragraph_close' ? index - 2 : -1;
  return open > 0 && typeAt(open - 1) === 'blockquote_open' && typeAt(open + 3) === 'blockquote_close';
}

const numberAttribute = (name: string, value: unknown): string => (Number.isSafeInteger(value) ? ` ${name}="${value}"` : '');

const SIDES: Readonly<Record<string, string>> = { 'text-align:right': ' class="to-end"', 'text-align:center': ' class="to-middle"' };
const sideOf = (token: Token): string => SIDES[String(token.attrGet('style'))] ?? '';

/** Code with more lines is taller than 24 rem, and is cut on pages with a script. */
const TALL_LINES = 20;

/** Longer lines may scroll on a phone: the element must then be focusable for the keyboard. */
const FITTING = 20;
const isWide = (code: string): boolean => code.split('\n').some((line) => line.length > FITTING);

function focusable(tokens: readonly Token[], table: number): string {
  let width = 0;
  for (let at = table; at < tokens.length && tokens[at]?.type !== 'table_close'; at += 1) {
    if (tokens[at]?.type === 'tr_open') width = 0;
    width += (tokens[at]?.content.length ?? 0) + (tokens[at]?.type === 'inline' ? 3 : 0);
    if (width > FITTING) return ' tabindex="0"';
  }
  return '';
}
