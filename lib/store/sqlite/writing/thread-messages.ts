import { type StoreFault, StoreUnavailable } from '../../../errors.ts';
import type { Committed, Outcome } from './transaction.ts';

/** From the writing thread, once it takes jobs; to it, that it is to end. All else are jobs, and what became of them (`SerializedCommit`). */
export const [READY, CLOSE] = ['ready', 'close'] as const;

/** An error as another thread receives it: cloning keeps the kind of JavaScript's own errors, their text and their cause, but none of these properties. */
type SerializedError = { readonly error: unknown; readonly fault?: StoreFault; readonly cause?: SerializedError; readonly codes?: Codes };
type Codes = { readonly code?: unknown; readonly errcode?: unknown; readonly errstr?: unknown };

/** What the writing thread answers: results in the order of the jobs, and what the file did meanwhile. */
export type SerializedCommit = {
  readonly values: readonly unknown[];
  /** Jobs that failed, by their position. */
  readonly errors: readonly (readonly [index: number, error: SerializedError])[];
  readonly locked?: SerializedError;
  readonly faults: readonly SerializedError[];
  readonly diskMs: number;
};

export function serialize({ outcomes, locked, diskMs }: Committed, faults: readonly StoreUnavailable[]): SerializedCommit {
  const values = outcomes.map((outcome) => ('value' in outcome ? outcome.value : undefined));
  const errors = outcomes.flatMap((outcome, index) => ('error' in outcome ? [[index, serializeError(outcome.error)] as const] : []));
  return { values, errors, faults: faults.map(serializeError), diskMs, ...(locked && { locked: serializeError(locked) }) };
}

/** The reverse of `serialize`. */
export function deserialize({ values, errors, locked, faults, diskMs }: SerializedCommit): {
  committed: Committed;
  faults: StoreUnavailable[];
} {
  const outcomes: Outcome[] = values.map((value) => ({ value }));
  for (const [index, error] of errors) outcomes[index] = { error: errorOf(error) };
  const lock = locked && unavailableOf(locked);
  return { committed: { outcomes, diskMs, ...(lock && { locked: lock }) }, faults: faults.map(unavailableOf) };
}

function serializeError(error: unknown): SerializedError {
  if (error instanceof StoreUnavailable) return { error: error.message, fault: error.fault, cause: serializeError(error.cause) };
  const { code, errcode, errstr } = error instanceof Error ? (error as Error & Codes) : {};
  return { error, codes: { code, errcode, errstr } };
}

const errorOf = (serialized: SerializedError): unknown =>
  serialized.fault === undefined ? withCodes(serialized.error, serialized.codes) : unavailableOf(serialized);

const unavailableOf = ({ error, fault = 'unknown', cause }: SerializedError): StoreUnavailable =>
  new StoreUnavailable(String(error), { fault, ...(cause && { cause: errorOf(cause) }) });

function withCodes(error: unknown, codes: Codes = {}): unknown {
  if (error instanceof Error)
    for (const [name, value] of Object.entries(codes)) if (value !== undefined) Object.assign(error, { [name]: value });
  return error;
}
