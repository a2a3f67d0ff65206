/** The writes of one table: each runs within a transaction. Arguments and results may pass between threads, so they are plain data. */
export type WritesOf<W> = { readonly [M in keyof W]: W[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never };

/** A call of a write, as data: the table's name, the method's name and its arguments. */
export type Job = readonly [table: string, method: string, args: readonly unknown[]];

type Methods = { readonly [method: string]: (...args: never[]) => unknown };

/**
 * The same methods as functions that pass their call to `write`, which runs it within a transaction, on this thread or another one, and resolves to
 * its result once that is durable.
 */
export function queued<T extends { readonly [table: string]: Methods }>(
  tables: T,
  write: (job: Job) => Promise<unknown>,
): { readonly [N in keyof T]: WritesOf<T[N]> } {
  const queuedMethods = (table: string, methods: Methods) =>
    Object.fromEntries(Object.keys(methods).map((method) => [method, (...args: unknown[]) => write([table, method, args])]));
  const all = Object.fromEntries(Object.entries(tables).map(([table, methods]) => [table, queuedMethods(table, methods)]));
  return all as { readonly [N in keyof T]: WritesOf<T[N]> };
}

/** Runs a call on these tables. */
export function runnerOf(tables: { readonly [table: string]: Methods }): (job: Job) => unknown {
  return ([table, method, args]) => {
    const run = tables[table]?.[method];
    if (!run) throw new Error(`no write ${table}.${method}`);
    return run(...(args as never[]));
  };
}
