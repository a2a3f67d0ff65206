/** Writes results to standard output, as JSON (one object per line) or as text. */
export type Out = {
  readonly json: boolean;
  /** Writes one result: `value` as JSON, or `text`. */
  write(value: object, text: string): void;
  /** Writes several results of the same shape as JSON lines or a table; `none`: the text for an empty list. */
  list(rows: readonly Row[], none: string): void;
};

export type Row = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export function openOut(json: boolean): Out {
  const line = (text: string): void => void process.stdout.write(`${text}\n`);
  return {
    json,
    write: (value, text) => line(json ? JSON.stringify(value) : text),
    list: (rows, none) => {
      if (json) for (const row of rows) line(JSON.stringify(row));
      else line(rows.length === 0 ? none : table(rows));
    },
  };
}

/** A table with the field names as header; columns are as wide as their longest cell. */
function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cell(value: Row[string] | undefined): string {
  if (typeof value === 'boolean') return value ? 'yes' : '-';
  return value === undefined || value === '' ? '-' : String(value);
}
