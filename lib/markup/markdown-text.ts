import { parseMarkdown, type Token } from './markdown.ts';

/** Markdown as plain text, for text responses, search and notifications. Keeps blank lines between blocks; returns the source when nothing would be visible. */
export function plainText(source: string): string {
  const tokens = parseMarkdown(source);
  return tokens ? new Writer().write(tokens) : source;
}

/** The prefix of lines in a quote or list item: `mark` on the first line, `rest` on the others. */
type Indent = { readonly mark: string; readonly rest: string; isNew: boolean };

/** Tokens of leaf blocks. */
const LEAF = /^(?:(?:paragraph|heading|small|table)_open|fence|code_block|hr)$/;

/** Writes the text in one pass over the tokens. */
class Writer {
  readonly #indents: Indent[] = [];
  readonly #numbers: (number | undefined)[] = [];
  #row: string[] | undefined;
  #out = '';
  /** Source lines: start and end of the current block (`#lines`), end of the previous one (`#last`). */
  #lines: readonly [number, number] = [0, 0];
  #last = 0;

  write(tokens: readonly Token[]): string {
    for (const token of tokens) {
      if (token.map && LEAF.test(token.type)) this.#lines = token.map;
      this.#take(token);
    }
    return this.#out;
  }

  #take(token: Token): void {
    switch (token.type) {
      case 'inline':
        if (this.#row) this.#row.push(inlineText(token.children ?? []));
        else this.#writeBlock(inlineText(token.children ?? []));
        break;
      case 'fence':
      case 'code_block':
        this.#writeBlock(token.content.replace(/\n$/, ''));
        break;
      case 'hr':
        this.#writeBlock('---');
        break;
      case 'tr_open':
        this.#row = [];
        break;
      case 'tr_close':
        this.#writeBlock((this.#row ?? []).join(' | ').trimEnd());
        this.#row = undefined;
        break;
      default:
        this.#nest(token);
    }
  }

  #nest(token: Token): void {
    switch (token.type) {
      case 'blockquote_open':
        this.#indents.push({ mark: '> ', rest: '> ', isNew: true });
        break;
      case 'bullet_list_open':
        this.#numbers.push(undefined);
        break;
      case 'ordered_list_open':
        this.#numbers.push(Number(token.attrGet('start') ?? 1));
        break;
      case 'list_item_open':
        this.#indents.push({ mark: this.#marker(token), rest: '  ', isNew: true });
        break;
      case 'bullet_list_close':
      case 'ordered_list_close':
        this.#numbers.pop();
        break;
      case 'list_item_close':
      case 'blockquote_close':
        this.#indents.pop();
        break;
      default:
    }
  }

  #marker(token: Token): string {
    const number = this.#numbers.at(-1);
    if (number !== undefined) this.#numbers[this.#numbers.length - 1] = number + 1;
    if (token.meta?.isTask === true) return '';
    return number === undefined ? '- ' : `${number}. `;
  }

  #writeBlock(text: string): void {
    const [first, last] = this.#lines;
    if (this.#out !== '') this.#out += first > this.#last && this.#indents[0]?.isNew !== false ? '\n\n' : '\n';
    const rest = this.#indents.map((indent) => indent.rest).join('');
    this.#out += this.#linePrefix() + text.replaceAll('\n', `\n${rest}`);
    this.#last = Math.max(this.#last, last);
  }

  /** The prefix of the next line: the mark of a list item only on its first line. */
  #linePrefix(): string {
    const marks = this.#indents.map(({ mark, rest, isNew }) => (isNew ? mark : rest));
    for (const indent of this.#indents) indent.isNew = false;
    return marks.join('');
  }
}

function inlineText(tokens: readonly Token[]): string {
  const labels: { readonly url: string; readonly from: number }[] = [];
  let out = '';
  for (const token of tokens) {
    if (token.type === 'link_open') labels.push({ url: urlOf(token), from: out.length });
    else if (token.type === 'link_close') {
      const { url, from } = labels.pop() ?? { url: '', from: out.length };
      out = out.slice(0, from) + linkText(url, out.slice(from), token.info === 'auto');
    } else if (token.type === 'image') {
      const alt = inlineText(token.children ?? []);
      out += labels.length > 0 ? alt : linkText(urlOf(token), alt, false);
    } else out += token.type === 'hardbreak' || token.type === 'softbreak' ? '\n' : token.content;
  }
  return out;
}

const urlOf = (token: Token): string => String(token.attrGet(token.type === 'image' ? 'src' : 'href') ?? '');

function linkText(url: string, label: string, isAddress: boolean): string {
  if (isAddress || label === url || `mailto:${label}` === url) return label;
  return label === '' ? url : `${label} (${url})`;
}

/**
 * The text outside code and links, in pieces: only there mentions count. The pieces are the same as those of the HTML, so that both find the same mentions.
 */
export function proseOf(source: string): string[] {
  return parseMarkdown(source)?.flatMap((token) => prosePieces(token.children ?? [])) ?? [source];
}

function prosePieces(tokens: readonly Token[]): string[] {
  let links = 0;
  return tokens.flatMap((token) => {
    if (token.type === 'link_open' || token.type === 'link_close') links += token.nesting;
    return token.type === 'text' && links === 0 ? [token.content] : [];
  });
}

/** Whether the source has no markup: as plain text it looks the same. */
export const isPlain = (source: string): boolean =>
  parseMarkdown(source)?.every(({ type, children }) => PLAIN.test(type) && (children ?? []).every(isText)) ?? true;

const PLAIN = /^(?:paragraph_open|paragraph_close|inline)$/;

const isText = ({ type, info, markup }: Token): boolean =>
  /^(?:text|hardbreak|softbreak)$/.test(type) || (info === 'auto' && markup === 'linkify');
