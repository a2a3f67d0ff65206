import type { Format } from '../log/entry.ts';

/**
 * Rendering time grows with special characters, lines, and above all with the markers of lists, quotes and headings: eight bytes of `- - - - ` are four
 * nested lists. A text that costs more than this is shown as plain text, so that no message takes more than about 10 ms.
 */
const COSTLY = /[[*_`<|~!\\:&]/g;
const MAX_COST = 4000;
/** The markers at the start of a line: each opens blocks. */
const MARKERS = /^[\s>+*\-\d.)#]{1,200}/;
const MARKER = />|[-+*](?=\s|$)|\d[.)](?=\s|$)|#+(?=\s|$)/g;
const [COST_OF_MARKER, MAX_MARKERS] = [3, 16];
/** A URL costs more than its colon. */
const ADDRESS = /:\/\//g;
const COST_OF_ADDRESS = 3;
/** No character costs more than this, so that shorter texts need not be examined. */
const MOST_PER_CHARACTER = 4;

/** Code beyond this number of characters per message is not highlighted: the slowest grammars take 2 ms per 1000 characters. */
export const MAX_HIGHLIGHTED = 8000;

/** Whether these texts, which are shown together, cost more than a message may. They are then plain text. Linear time. */
export function isTooCostly(sources: readonly string[]): boolean {
  let length = 0;
  for (const source of sources) length += source.length + 1;
  if (length * MOST_PER_CHARACTER <= MAX_COST) return false;
  let cost = 0;
  for (const source of sources) {
    cost += costOf(source).cost;
    if (cost > MAX_COST) return true;
  }
  return false;
}

/** `cost`: outside code blocks, counted until it exceeds MAX_COST. `code`: the number of characters in them. */
function costOf(source: string): { readonly cost: number; readonly code: number } {
  let [cost, code, fence] = [0, 0, ''];
  for (const line of source.split('\n')) {
    if (fence !== '' && line.startsWith(fence)) fence = '';
    else if (fence === '') {
      fence = /^(?:`{3,}|~{3,})/.exec(line)?.[0] ?? '';
      cost += costOfLine(line);
      if (cost > MAX_COST) break;
    } else code += line.length;
  }
  return { cost, code };
}

function costOfLine(line: string): number {
  const [before = ''] = MARKERS.exec(line) ?? [];
  const markers = before === '' ? 0 : Math.min(MAX_MARKERS, countOf(before + (line.length > before.length ? 'x' : ''), MARKER));
  return 1 + countOf(line, COSTLY) + COST_OF_MARKER * markers + COST_OF_ADDRESS * countOf(line, ADDRESS);
}

const countOf = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** The weight of a unit of cost and of a highlighted character: 100 KB of any content take about 25 ms, or less. */
const [PER_COST, PER_HIGHLIGHTED] = [8, 4];

/** What it takes to show a body, in bytes of plain text that take as long: by it pages are cut. Linear time. */
export function weightOf(body: string, format: Format): number {
  if (format === 'text') return body.length;
  const isJson = format === 'model';
  const { cost, code } = costOf(isJson ? body.replaceAll('\\n', '\n') : body);
  if (cost > MAX_COST && !isJson) return body.length; // shown as plain text
  return body.length + PER_COST * Math.min(cost, MAX_COST) + PER_HIGHLIGHTED * Math.min(code, MAX_HIGHLIGHTED);
}
