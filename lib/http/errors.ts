import { DomainError, type ErrorCode, StoreUnavailable } from '../errors.ts';

/** Not by an import: see listener.ts. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

const STATUS: Readonly<Record<ErrorCode, number>> = {
  unauthenticated: 401,
  notFound: 404,
  forbidden: 403,
  malformed: 400,
  invalid: 422,
  conflict: 409,
  keyReused: 422,
  inFlight: 409,
  tooLarge: 413,
  tooMany: 429,
  gone: 410,
  unavailable: 503,
};

/** What a client is told of an error: never more than a DomainError's own words. */
export type Problem = {
  readonly status: number;
  readonly code: string;
  readonly heading: string;
  readonly message: string;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Whether we did not expect it: log it. */
  readonly isUnexpected: boolean;
};

/** Of refusals that have no words of their own. */
const SAID: Readonly<Record<number, string>> = {
  404: 'There is nothing at this address.',
  405: 'This address does not take that kind of request. The header Allow names those it takes.',
};

export function problemOf(error: unknown): Problem {
  if (error instanceof StoreUnavailable)
    return problem(503, 'unavailable', 'The store does not answer. Try again in a moment.', { retryAfterMs: 2000 });
  if (error instanceof DomainError) return problem(STATUS[error.code], error.code, error.message, error);
  const status = statusOf(error);
  if (status !== undefined) return problem(status, 'refused', SAID[status] ?? STATUS_CODES[status] ?? 'Refused', {});
  return { ...problem(500, 'internal', 'Something went wrong here. It is in the log under this request id.', {}), isUnexpected: true };
}

/** Whether the same request is worth sending again in a moment, as it is. */
export const isStoreUnavailable = (error: unknown): boolean => problemOf(error).code === 'unavailable';

type Detail = { readonly field?: string | undefined; readonly retryAfterMs?: number | undefined };

function problem(status: number, code: string, message: string, { field, retryAfterMs }: Detail): Problem {
  const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
  return { status, code, heading: STATUS_CODES[status] ?? 'Error', message, field, retryAfterSeconds, isUnexpected: false };
}

/** Koa's own refusals (http-errors) carry a status that may be shown. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error) || !('expose' in error)) return undefined;
  return typeof error.status === 'number' && error.expose === true ? error.status : undefined;
}
