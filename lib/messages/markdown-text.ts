import { type Block, type Inline, parseMarkdown } from './markdown.ts';

/** Markdown as plain text: for shells, search and notices. */
export const plainText = (source: string): string => parseMarkdown(source).map(blockText).join('\n');

function blockText(block: Block): string {
  switch (block.type) {
    case 'text':
    case 'heading':
    case 'small':
      return inlineText(block.of);
    case 'quote':
      return inlineText(block.of).replace(/^/gm, '> ');
    case 'list':
      return block.items
        .map(({ mark, depth, of }) => `${'  '.repeat(depth)}${mark === '-' ? '-' : `${mark}.`} ${inlineText(of)}`)
        .join('\n');
    case 'code':
      return block.text;
    case 'table':
      return block.rows.map((row) => row.map(inlineText).join(' | ')).join('\n');
    case 'line':
      return '---';
    default:
      throw block satisfies never;
  }
}

function inlineText(pieces: readonly Inline[]): string {
  return pieces
    .map((one) => {
      switch (one.type) {
        case 'text':
        case 'code':
          return one.text;
        case 'link':
          return linkText(one.url, inlineText(one.of));
        default:
          return inlineText(one.of);
      }
    })
    .join('');
}

const linkText = (url: string, label: string): string => (label === url || `mailto:${label}` === url ? label : `${label} (${url})`);

/** Whether there is nothing in it but text: read as text it looks the same. */
export const isPlain = (source: string): boolean =>
  parseMarkdown(source).every((block) => block.type === 'text' && block.of.every((one) => one.type === 'text'));
