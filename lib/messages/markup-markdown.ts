import { type Block, type Inline, type Item, parseMarkdown } from './markdown.ts';
import { anchor, escapeHtml, renderText } from './markup-text.ts';
import type { Named } from './mentions.ts';

/** Markdown as HTML: only elements of ours, every text escaped, links only to http, https and mailto. Headings are bold lines: a message has no outline. */
export const renderMarkdown = (source: string, mentioned: readonly Named[]): string =>
  parseMarkdown(source)
    .map((block) => renderBlock(block, mentioned))
    .join('');

function renderBlock(block: Block, mentioned: readonly Named[]): string {
  switch (block.type) {
    case 'text':
      return `<p>${renderInline(block.of, mentioned)}</p>`;
    case 'heading':
      return `<p class="headline"><b>${renderInline(block.of, mentioned)}</b></p>`;
    case 'small':
      return `<p><small>${renderInline(block.of, mentioned)}</small></p>`;
    case 'quote':
      return `<blockquote>${renderInline(block.of, mentioned)}</blockquote>`;
    case 'list':
      return renderList(block.items, mentioned);
    case 'code':
      return `<pre><code>${escapeHtml(block.text)}</code></pre>`;
    case 'table':
      return renderTable(block.rows, mentioned);
    case 'line':
      return '<hr>';
    default:
      throw block satisfies never;
  }
}

function renderList(items: readonly Item[], mentioned: readonly Named[]): string {
  const isNumbered = items[0]?.mark !== '-';
  const html = items.map(({ mark, depth, of }) => {
    const value = mark === '-' ? '' : ` value="${Number(mark)}"`;
    return `<li${depth > 0 ? ` class="in-${depth}"` : ''}${value}>${renderInline(of, mentioned)}</li>`;
  });
  return isNumbered ? `<ol>${html.join('')}</ol>` : `<ul>${html.join('')}</ul>`;
}

type Rows = Extract<Block, { type: 'table' }>['rows'];

function renderTable([head = [], ...rows]: Rows, mentioned: readonly Named[]): string {
  const row = (cells: Rows[number], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${renderInline(cell, mentioned)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((cells) => row(cells, 'td')).join('');
  return `<table><thead>${row(head, 'th')}</thead>${body === '' ? '' : `<tbody>${body}</tbody>`}</table>`;
}

const renderInline = (pieces: readonly Inline[], mentioned: readonly Named[]): string =>
  pieces.map((one) => renderPiece(one, mentioned)).join('');

function renderPiece(one: Inline, mentioned: readonly Named[]): string {
  switch (one.type) {
    case 'text':
      return renderText(one.text, mentioned);
    case 'code':
      return `<code>${escapeHtml(one.text).replaceAll('\n', '<br>')}</code>`;
    case 'link':
      return anchor(one.url, one.of.map(labelHtml).join(''));
    case 'bold':
      return `<b>${renderInline(one.of, mentioned)}</b>`;
    case 'italic':
      return `<i>${renderInline(one.of, mentioned)}</i>`;
    case 'strike':
      return `<s>${renderInline(one.of, mentioned)}</s>`;
    case 'spoiler':
      return `<span class="spoiler" tabindex="0">${renderInline(one.of, mentioned)}</span>`;
    default:
      throw one satisfies never;
  }
}

/** Within a link there is no other, and nobody is called. */
function labelHtml(one: Inline): string {
  switch (one.type) {
    case 'text':
      return escapeHtml(one.text).replaceAll('\n', '<br>');
    case 'code':
      return `<code>${escapeHtml(one.text)}</code>`;
    case 'bold':
      return `<b>${one.of.map(labelHtml).join('')}</b>`;
    case 'italic':
      return `<i>${one.of.map(labelHtml).join('')}</i>`;
    default:
      return one.of.map(labelHtml).join('');
  }
}
