import type { MarkdownIt, StateBlock } from 'markdown-it';
import { ruleOf } from './markdown-rules.ts';

/** Blocks nested deeper are text. */
const MAX_DEEP = 16;
/** Of all tables in a text. Each cell costs, and two characters can make a row of them. */
const [MAX_COLUMNS, MAX_CELLS] = [30, 6000];
const LONGEST_TABLE_LINE = 4000;

type Block = (state: StateBlock, start: number, end: number, silent: boolean) => boolean;

const lineOf = (state: StateBlock, line: number): string =>
  state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);

/** Blocks that chats write beside CommonMark's, and the bounds that keep any of them cheap. */
export function blockRules(md: MarkdownIt): void {
  md.block.ruler.before('list', 'small', small, { alt: ['paragraph', 'reference', 'blockquote', 'list'] });
  md.block.ruler.push('own line', endsBlock, { alt: ['paragraph', 'reference', 'blockquote'] });
  boundTables(md);
  boundNesting(md);
}

/** `-# words`, Discord's small print. */
const small: Block = (state, start, _end, silent) => {
  if ((state.sCount[start] ?? 0) - state.blkIndent >= 4) return false;
  const [, said] = /^-#[ \t]+(\S.*)$/.exec(lineOf(state, start)) ?? [];
  if (said === undefined) return false;
  if (silent) return true;
  state.line = start + 1;
  state.push('small_open', 'small', 1).map = [start, state.line];
  const token = state.push('inline', '', 0);
  token.content = said.trim();
  token.map = [start, state.line];
  token.children = [];
  state.push('small_close', 'small', -1);
  return true;
};

/**
 * A line says by itself what it belongs to: one without `>` ends a quote, one that is not moved in ends a list's item, one without `|` ends a table.
 * (CommonMark has it go on, for mails whose lines were broken; in a chat the answer would become part of what it answers.)
 */
const endsBlock: Block = (state, line, _end, silent) => {
  if (!silent) return false;
  const indent = state.sCount[line] ?? 0;
  if (state.parentType === 'blockquote') return true;
  if (state.parentType === 'table') return !lineOf(state, line).includes('|');
  return state.blkIndent > 0 && indent < state.blkIndent && indent <= Math.max(0, state.listIndent);
};

/** A table that is too wide, or one too many, is text. */
function boundTables(md: MarkdownIt): void {
  const table = ruleOf(md.block.ruler, 'table');
  const bounded: Block = (state, start, end, silent) => {
    const left = Number(state.env.cells ?? MAX_CELLS);
    const columns = columnsAt(state, start + 1, end);
    if (columns === 0 || columns > MAX_COLUMNS || left < columns) return false;
    const most = Math.min(end, start + 2 + Math.floor(left / columns));
    if (!table(state, start, most, silent)) return false;
    if (!silent) state.env.cells = left - (state.line - start) * columns;
    return true;
  };
  md.block.ruler.at('table', bounded, { alt: ['paragraph', 'reference'] });
}

function columnsAt(state: StateBlock, line: number, end: number): number {
  if (line >= end || (state.eMarks[line] ?? 0) - (state.bMarks[line] ?? 0) > LONGEST_TABLE_LINE) return 0;
  return /^[-:|]/.test(lineOf(state, line)) ? lineOf(state, line).split('|').length : 0;
}

/** At its own bound the library would leave text out. */
function boundNesting(md: MarkdownIt): void {
  const paragraph = ruleOf(md.block.ruler, 'paragraph');
  md.block.ruler.before('table', 'deep', (state, start, end) => state.level >= MAX_DEEP && paragraph(state, start, end, false));
}
