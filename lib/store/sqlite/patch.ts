import type { SQLInputValue } from 'node:sqlite';

type Cell = string | number | boolean | null;

/**
 * The SET list and values of a patch: `columns` names the column of each field, in the order used, so that equal sets of fields give equal
 * texts. Empty when no field is given.
 */
export function assignments<P extends { readonly [F in keyof P]?: Cell }>(
  patch: P,
  columns: { readonly [F in keyof P]-?: string },
): { readonly sets: readonly string[]; readonly values: readonly SQLInputValue[] } {
  const given = Object.entries<string>(columns).flatMap(([field, column]) => {
    const value: Cell | undefined = patch[field as keyof P];
    return value === undefined ? [] : [{ column, value: typeof value === 'boolean' ? Number(value) : value }];
  });
  return { sets: given.map(({ column }) => `${column} = ?`), values: given.map(({ value }) => value) };
}
