import { MongoBulkWriteError } from 'mongodb';

/** The code with which a unique index refuses a write. */
export const DUPLICATE = 11000;

/** What several writes are said to have done. One that is not acknowledged by the majority is not certain, whatever else the answer says. */
export const certainty = (error: unknown): MongoBulkWriteError | undefined =>
  error instanceof MongoBulkWriteError && !error.result.getWriteConcernError() ? error : undefined;

/**
 * Of `asked` unordered writes, the codes by the places of those that were refused; undefined unless it is certain that all others are done. The driver
 * gives an error of the connection the same class, which then speaks of fewer writes than there were.
 */
export function refusals(error: unknown, asked: number): ReadonlyMap<number, number> | undefined {
  const said = certainty(error);
  if (!said) return undefined;
  const refused = said.result.getWriteErrors();
  const done = said.insertedCount + said.matchedCount + said.upsertedCount;
  return done + refused.length === asked ? new Map(refused.map(({ index, code }) => [index, code])) : undefined;
}
