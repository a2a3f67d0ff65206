import type { MarkdownIt, StateBlock } from 'markdown-it';
import { ruleOf } from './markdown-rules.ts';

/** Maximum nesting of blocks; deeper ones are text. */
const MAX_DEEP = 16;
/** Limits of the tables of a text: 2 characters can create a whole row of cells. */
const [MAX_COLUMNS, MAX_CELLS] = [30, 6000];
const LONGEST_TABLE_LINE = 4000;

type Block = (state: StateBlock, start: number, end: number, silent: boolean) => boolean;

const lineOf = (state: StateBlock, line: number): string =>
  state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);

/** Block rules beyond CommonMark, and limits that bound the cost. */
export function blockRules(md: MarkdownIt): void {
  md.block.ruler.before('list', 'small', small, { alt: ['paragraph', 'reference', 'blockquote', 'list'] });
  md.block.ruler.push('own line', endsBlock, { alt: ['paragraph', 'reference', 'blockquote'] });
  boundTables(md);
  boundNesting(md);
}

/** `-# words`: small text, as in Discord. */
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
 * No lazy continuation: a line without `>` ends a quote, a line without indentation ends a list item, a line without `|` ends a table.
 * (CommonMark continues them; in a chat, a reply would become part of the quote.)
 */
const endsBlock: Block = (state, line, _end, silent) => {
  if (!silent) return false;
  const indent = state.sCount[line] ?? 0;
  if (state.parentType === 'blockquote') return true;
  if (state.parentType === 'table') return !lineOf(state, line).includes('|');
  return state.blkIndent > 0 && indent < state.blkIndent && indent <= Math.max(0, state.listIndent);
};

/** Tables beyond the limits are text. */
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

/** At its own nesting limit, markdown-it would drop text. */
function boundNesting(md: MarkdownIt): void {
  const paragraph = ruleOf(md.block.ruler, 'paragraph');
  md.block.ruler.before('table', 'deep', (state, start, end) => state.level >= MAX_DEEP && paragraph(state, start, end, false));
}
