import { DomainError, type ErrorCode, StoreUnavailable, unavailableText } from '../errors.ts';
import { isFromLackOfHandles } from '../file-handles.ts';
import { t } from '../language/text.ts';

/** Not imported: see listener.ts. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

const STATUS: Readonly<Record<ErrorCode, number>> = {
  unauthenticated: 401,
  notFound: 404,
  forbidden: 403,
  malformed: 400,
  misdirected: 421,
  invalid: 422,
  conflict: 409,
  keyReused: 422,
  inFlight: 409,
  tooLarge: 413,
  tooMany: 429,
  gone: 410,
  unavailable: 503,
};

/** What a client learns of an error: no details except those of a DomainError. */
export type Problem = {
  readonly status: number;
  readonly code: string;
  readonly heading: string;
  readonly message: string;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Whether the error was unexpected, and so must be logged. */
  readonly isUnexpected: boolean;
};

const HEADINGS: Readonly<Record<number, () => string>> = {
  400: () => t`Bad Request`,
  401: () => t`Unauthorized`,
  403: () => t`Forbidden`,
  404: () => t`Not Found`,
  405: () => t`Method Not Allowed`,
  409: () => t`Conflict`,
  410: () => t`Gone`,
  413: () => t`Payload Too Large`,
  415: () => t`Unsupported Media Type`,
  422: () => t`Unprocessable Entity`,
  429: () => t`Too Many Requests`,
  500: () => t`Internal Server Error`,
  503: () => t`Service Unavailable`,
};

/** The name of an HTTP status in the current language; in English that of Node.js. */
const headingOf = (status: number): string => HEADINGS[status]?.() ?? STATUS_CODES[status] ?? 'Error';

/** Messages of HTTP errors that have none of their own. */
const MESSAGES: Readonly<Record<number, () => string>> = {
  404: () => t`This page does not exist.`,
  405: () => t`This URL does not support that method. The header Allow lists the supported ones.`,
};

export function problemOf(error: unknown): Problem {
  if (error instanceof StoreUnavailable) return problem(503, 'unavailable', unavailableText(error.fault), { retryAfterMs: 2000 });
  if (error instanceof DomainError) return problem(STATUS[error.code], error.code, error.message, error);
  const status = statusOf(error);
  if (status !== undefined) return problem(status, 'refused', MESSAGES[status]?.() ?? headingOf(status), {});
  if (isFromLackOfHandles(error))
    return { ...problem(503, 'unavailable', unavailableText('handles'), { retryAfterMs: 2000 }), isUnexpected: true };
  return {
    ...problem(500, 'internal', t`An internal error occurred. The server log has it under this request id.`, {}),
    isUnexpected: true,
  };
}

const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Whether the client caused an error of its connection: by closing it, or by a request that is no HTTP (`HPE_…`, the codes of Node's parser). */
export const isOfClient = ({ code = '' }: NodeJS.ErrnoException): boolean => CLOSED.has(code) || code.startsWith('HPE_');

/** Whether the same request may succeed when it is sent again. */
export const isStoreUnavailable = (error: unknown): boolean => problemOf(error).code === 'unavailable';

type Detail = { readonly field?: string | undefined; readonly retryAfterMs?: number | undefined };

function problem(status: number, code: string, message: string, { field, retryAfterMs }: Detail): Problem {
  const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
  return { status, code, heading: headingOf(status), message, field, retryAfterSeconds, isUnexpected: false };
}

/** The status of an error of Koa (http-errors) that may be shown to clients. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error) || !('expose' in error)) return undefined;
  return typeof error.status === 'number' && error.expose === true ? error.status : undefined;
}
