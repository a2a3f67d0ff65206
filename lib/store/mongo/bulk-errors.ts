import { MongoBulkWriteError } from 'mongodb';

/** Error code of a unique index violation. */
export const DUPLICATE = 11000;

/** The result of a bulk write, when it is certain. A write that the majority did not acknowledge is not. */
export const certainty = (error: unknown): MongoBulkWriteError | undefined =>
  error instanceof MongoBulkWriteError && !error.result.getWriteConcernError() ? error : undefined;

/**
 * The error codes of the refused writes of `asked` unordered writes, by index; undefined unless it is certain that all others succeeded. The driver
 * uses the same class for connection errors, which then report fewer writes than were sent.
 */
export function refusals(error: unknown, asked: number): ReadonlyMap<number, number> | undefined {
  const said = certainty(error);
  if (!said) return undefined;
  const refused = said.result.getWriteErrors();
  const done = said.insertedCount + said.matchedCount + said.upsertedCount;
  return done + refused.length === asked ? new Map(refused.map(({ index, code }) => [index, code])) : undefined;
}
