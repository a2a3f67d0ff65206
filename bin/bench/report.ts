/** `unit` of the figure; `aim`: what it should reach, with the side it must be on. */
export type Row = {
  readonly what: string;
  readonly figure: number;
  readonly unit?: string;
  readonly aim?: number;
  readonly better?: 'more' | 'less';
  readonly note?: string;
};

/** Prints what was measured, a Markdown table per suite, and counts the aims that were missed. */
export class Report {
  missed = 0;

  head(title: string): void {
    console.log(`\n### ${title}\n\n| what | figure | aim | |\n|---|---|---|---|`);
  }

  row({ what, figure, unit = '', aim, better = 'more', note = '' }: Row): void {
    const isMet = aim === undefined || (better === 'more' ? figure >= aim : figure <= aim);
    if (!isMet) this.missed += 1;
    const wanted = aim === undefined ? '' : `${better === 'more' ? '≥' : '≤'} ${said(aim)}${isMet ? '' : ' **missed**'}`;
    console.log(`| ${what} | ${said(figure)}${unit === '' ? '' : ` ${unit}`} | ${wanted} | ${note} |`);
  }
}

const said = (figure: number): string =>
  Math.abs(figure) >= 1000 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)));

/** The middle of several figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
