import { type Inline, parseInline } from './markdown-inline.ts';

export type { Inline } from './markdown-inline.ts';

/** A list's item: `mark` is `-` or its number, `depth` how far it is moved in, from 0. */
export type Item = { readonly mark: string; readonly depth: number; readonly of: readonly Inline[] };
export type Block =
  | { readonly type: 'text' | 'heading' | 'small'; readonly of: readonly Inline[] }
  | { readonly type: 'quote'; readonly of: readonly Inline[] }
  | { readonly type: 'list'; readonly items: readonly Item[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'table'; readonly rows: readonly (readonly (readonly Inline[])[])[] }
  | { readonly type: 'line' };

const FENCE = /^ {0,3}(`{3,}(?!`)|~{3,}(?!~))[^`]*$/;
const HEADING = /^#{1,6}[ \t]+(\S.*)$/;
const SMALL = /^-#[ \t]+(\S.*)$/;
const QUOTE = /^ {0,3}>/;
const ITEM = /^([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(\S.*)$/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$/;
const TABLE_RULE = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const [MOST_COLUMNS, MOST_TABLE_LINE] = [20, 4000];

/**
 * The part of Markdown that chats have in common: paragraphs (a line break is one), headings, quotes, lists, tables, code, `-# small`, and the marks
 * of parseInline. HTML is text. The time is in proportion to the length.
 */
export function parseMarkdown(source: string): Block[] {
  const lines = source.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) at = readBlock(lines, at, blocks);
  return blocks;
}

/** Adds the block that begins at a line; the line after it. */
function readBlock(lines: readonly string[], at: number, blocks: Block[]): number {
  const line = lines[at] ?? '';
  const [, fence] = FENCE.exec(line) ?? [];
  if (fence !== undefined) return readCode(lines, at, fence, blocks);
  if (line.trim() === '') return at + 1;
  if (RULE.test(line)) return push(blocks, { type: 'line' }, at + 1);
  const [, heading] = HEADING.exec(line) ?? [];
  if (heading !== undefined) return push(blocks, { type: 'heading', of: parseInline(heading) }, at + 1);
  const [, small] = SMALL.exec(line) ?? [];
  if (small !== undefined) return push(blocks, { type: 'small', of: parseInline(small) }, at + 1);
  if (QUOTE.test(line)) return readQuote(lines, at, blocks);
  if (ITEM.test(line)) return readList(lines, at, blocks);
  return isTable(lines, at) ? readTable(lines, at, blocks) : readText(lines, at, blocks);
}

function push(blocks: Block[], block: Block, next: number): number {
  blocks.push(block);
  return next;
}

function readCode(lines: readonly string[], at: number, fence: string, blocks: Block[]): number {
  const isEnd = (line: string): boolean => line.trim().startsWith(fence) && /^[`~]+$/.test(line.trim());
  let end = at + 1;
  while (end < lines.length && !isEnd(lines[end] ?? '')) end += 1;
  return push(blocks, { type: 'code', text: lines.slice(at + 1, end).join('\n') }, end + 1);
}

function readQuote(lines: readonly string[], at: number, blocks: Block[]): number {
  const isRest = /^ {0,3}>>>/.test(lines[at] ?? '');
  let end = at + 1;
  while (end < lines.length && (isRest || QUOTE.test(lines[end] ?? ''))) end += 1;
  const said = lines.slice(at, end).map((line) => line.replace(isRest ? /^ {0,3}>>> ?/ : /^ {0,3}> ?/, ''));
  return push(blocks, { type: 'quote', of: parseInline(said.join('\n')) }, end);
}

function readList(lines: readonly string[], at: number, blocks: Block[]): number {
  const items: { mark: string; depth: number; said: string[] }[] = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? '';
    const [, space = '', mark = '', said] = ITEM.exec(line) ?? [];
    if (said !== undefined && !RULE.test(line)) items.push({ mark: markOf(mark), depth: depthOf(space), said: [said] });
    else if (/^[ \t]{2,}\S/.test(line) && !FENCE.test(line)) items.at(-1)?.said.push(line.trim());
    else break;
  }
  return push(blocks, { type: 'list', items: items.map(({ said, ...item }) => ({ ...item, of: parseInline(said.join('\n')) })) }, end);
}

const markOf = (mark: string): string => (/\d/.test(mark) ? String(Number.parseInt(mark, 10)) : '-');
const depthOf = (space: string): number => Math.min(3, Math.floor(space.replaceAll('\t', '    ').length / 2));

function isTable(lines: readonly string[], at: number): boolean {
  const [head = '', rule = ''] = [lines[at], lines[at + 1]];
  return head.includes('|') && rule.includes('-') && rule.length <= MOST_TABLE_LINE && rule.includes('|') && TABLE_RULE.test(rule);
}

function readTable(lines: readonly string[], at: number, blocks: Block[]): number {
  let end = at + 2;
  while (end < lines.length && (lines[end] ?? '').includes('|')) end += 1;
  const rows = lines.slice(at, end).filter((_, index) => index !== 1);
  return push(blocks, { type: 'table', rows: rows.map((row) => cellsOf(row).map(parseInline)) }, end);
}

const cellsOf = (row: string): string[] =>
  row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/)
    .slice(0, MOST_COLUMNS)
    .map((cell) => cell.trim());

/** Up to an empty line, or one that begins something else. */
function readText(lines: readonly string[], at: number, blocks: Block[]): number {
  let end = at + 1;
  while (end < lines.length && !isBeginning(lines, end)) end += 1;
  return push(blocks, { type: 'text', of: parseInline(lines.slice(at, end).join('\n')) }, end);
}

const BEGINNINGS = [FENCE, HEADING, SMALL, QUOTE, ITEM, RULE];

const isBeginning = (lines: readonly string[], at: number): boolean => {
  const line = lines[at] ?? '';
  return line.trim() === '' || BEGINNINGS.some((pattern) => pattern.test(line)) || isTable(lines, at);
};

/** Text that reads as it stands wherever Markdown is read. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\\`*_~[\]|<!]/g, '\\$&').replace(/^([ \t]*)([-+>#]|\d{1,9}(?=[.)]))/gm, (_, space: string, mark: string) => {
    return /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`;
  });

/** Text as a code block, whatever it holds. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.min(longest, 1000) + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** Text in a line as code. */
export function inCode(text: string): string {
  const bare = text.replaceAll('\n', ' ');
  return bare.trim() === '' || bare.includes('`') ? escapeMarkdown(bare) : `\`${bare}\``;
}
