import type { SQLInputValue } from 'node:sqlite';

/**
 * How a field is stored that is not stored as it is: as 0 or 1; as JSON, with null as NULL; as NULL when it is absent; as JSON, or NULL when it is absent
 * (`optionalJson`); or, for a field that is true or absent, as 1 or 0 (`flag`).
 */
type Encoding = 'boolean' | 'json' | 'optional' | 'optionalJson' | 'flag';

/** The column of each field of a record, with its encoding where it has one. */
export type Columns<T> = { readonly [F in keyof T]-?: string | readonly [column: string, as: Encoding] };

/** A table whose rows are records of type T. */
export type Mapping<T> = {
  /** `SELECT … FROM table`: every column, named by its field. */
  readonly select: string;
  /** `INSERT INTO table (…) VALUES (…)` for `values`. */
  readonly insert: string;
  /** `INSERT OR REPLACE INTO table (…) VALUES (…)` for `values`. */
  readonly replace: string;
  /** The names of the columns, in the order of `values`. */
  readonly columns: readonly string[];
  values(record: T): SQLInputValue[];
  /** The record of a row that `select` found. */
  read(row: object): T;
};

/** Makes statements and conversions from one list of columns. */
export function mapping<T extends object>(table: string, columns: Columns<T>): Mapping<T> {
  const cells = Object.entries<Columns<T>[keyof T]>(columns).map(([field, stored]) => {
    const [column, as] = typeof stored === 'string' ? [stored, undefined] : stored;
    return { field, column, as };
  });
  const names = cells.map(({ column }) => column);
  const into = `INTO ${table} (${names.join()}) VALUES (${names.map(() => '?').join()})`;
  return {
    select: `SELECT ${cells.map(({ field, column }) => `${table}.${column} AS "${field}"`).join()} FROM ${table}`,
    insert: `INSERT ${into}`,
    replace: `INSERT OR REPLACE ${into}`,
    columns: names,
    values: (record) => cells.map(({ field, as }) => encode(record[field as keyof T], as)),
    read(row) {
      const found = row as Record<string, unknown>;
      const record: Record<string, unknown> = {};
      for (const { field, as } of cells) {
        const cell = found[field];
        if (as === undefined) record[field] = cell;
        else if (!isAbsent(cell, as)) record[field] = decode(cell, as);
      }
      return record as T;
    },
  };
}

const isAbsent = (cell: unknown, as: Encoding): boolean =>
  (cell === null && (as === 'optional' || as === 'optionalJson')) || (cell === 0 && as === 'flag');

function encode(value: unknown, as: Encoding | undefined): SQLInputValue {
  if (as === 'boolean') return Number(value);
  if (as === 'flag') return value ? 1 : 0;
  const isJson = as === 'json' || as === 'optionalJson';
  return isJson && value !== null && value !== undefined ? JSON.stringify(value) : ((value ?? null) as SQLInputValue);
}

function decode(cell: unknown, as: Encoding | undefined): unknown {
  if (as === 'boolean' || as === 'flag') return cell === 1;
  return (as === 'json' || as === 'optionalJson') && cell !== null ? JSON.parse(String(cell)) : cell;
}
