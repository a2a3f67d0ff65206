/** `aim`: target of the figure; `better` says on which side of it the figure must be. */
type Row = {
  readonly what: string;
  readonly figure: number;
  readonly unit?: string;
  readonly aim?: number;
  readonly better?: 'more' | 'less';
  readonly note?: string;
};

/** Prints the results, one Markdown table per suite, and counts the missed targets. */
export class Report {
  missed = 0;

  head(title: string): void {
    console.log(`\n### ${title}\n\n| measurement | result | target | note |\n|---|---|---|---|`);
  }

  row({ what, figure, unit = '', aim, better = 'more', note = '' }: Row): void {
    const isMet = aim === undefined || (better === 'more' ? figure >= aim : figure <= aim);
    if (!isMet) this.missed += 1;
    const wanted = aim === undefined ? '' : `${better === 'more' ? '≥' : '≤'} ${formatted(aim)}${isMet ? '' : ' **missed**'}`;
    console.log(`| ${what} | ${formatted(figure)}${unit === '' ? '' : ` ${unit}`} | ${wanted} | ${note} |`);
  }
}

const formatted = (figure: number): string =>
  Math.abs(figure) >= 1000 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)));

/** The median; of an even number of figures the upper one of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
