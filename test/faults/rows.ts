const ROW = /<article [^>]*\bid="m-(\d+)"[\s\S]*?<\/article>|<p id="m-(\d+)" class="line"[\s\S]*?<\/p>/g;

/** The rows of a page, a frame or an event, by seq, without temporary controls and event attributes. */
export function articlesIn(html: string): Map<number, string> {
  return new Map([...html.matchAll(ROW)].map(([row, article, line]) => [Number(article ?? line), normal(row)]));
}

/**
 * Without the Undo button, which disappears without an event, and without what a script keeps current: the link to the thread that a message began, and
 * the text of the one that it answers.
 */
const normal = (row: string): string =>
  row
    .replace(/<article data-follow="\w+" /, '<article ')
    .replace(/<form class="undo"[\s\S]*?<\/form>/, '')
    .replace(/<a id="t-\d+"[\s\S]*?<\/a>\s*/, '')
    .replace(/(<a class="answers"[^>]*>)[\s\S]*?<\/a>/, '$1</a>');

const revOf = (row: string): number => Number(/\bdata-rev="(\d+)"/.exec(row)?.[1]);

/** Whether a row has no heading of its own. */
const CONTINUES = / data-rev="\d+" data-cont/;

/** As static/js/rows.js: a row with a lower rev than the present one is ignored; a change does not know whether its row continues the one before. */
export function newer(old: string | undefined, row: string): string {
  if (old === undefined) return row;
  if (revOf(old) > revOf(row)) return old;
  return CONTINUES.test(old) && !CONTINUES.test(row) ? row.replace(/ data-rev="\d+"/, '$& data-cont') : row;
}

/** Parses the complete rows of a document that is still arriving. */
export class RowStream {
  #rest = '';
  #seqs: number[] = [];

  /** Ends the document. Returns the seqs of its rows. */
  next(): number[] {
    const seqs = this.#seqs;
    this.#rest = '';
    this.#seqs = [];
    return seqs;
  }

  take(text: string): void {
    this.#rest += text;
    const last = [...this.#rest.matchAll(ROW)].at(-1);
    if (!last) return;
    const whole = last.index + last[0].length; // not at `</p>`: message texts contain it, too
    this.#seqs.push(...articlesIn(this.#rest.slice(0, whole)).keys());
    this.#rest = this.#rest.slice(whole);
  }

  get last(): number {
    return this.#seqs.at(-1) ?? 0;
  }
}
