import { t } from './language/text.ts';

/** Errors of the domain. HTTP statuses are assigned in http/errors.ts, exit statuses in the CLI. */
export type ErrorCode =
  | 'unauthenticated' // not signed in, or invalid credentials
  | 'notFound' // absent, or the user may not know that it exists
  | 'forbidden' // visible, but this action is not allowed
  | 'malformed' // the input has the wrong type (an object instead of a string); `field` names it
  | 'misdirected' // the request names a host that this server does not serve
  | 'invalid' // the input breaks a rule; `field` names it
  | 'conflict' // the state differs from what the request assumed
  | 'keyReused' // the idempotency key was already used with another body
  | 'inFlight' // the first request with this idempotency key is still being written
  | 'tooLarge' // more bytes than the limit
  | 'tooMany' // a rate limit or a quota is reached; retry after `retryAfterMs`
  | 'gone' // existed, and is permanently removed or closed
  | 'unavailable'; // the store does not answer; retry after `retryAfterMs`

type ErrorDetail = { readonly field?: string; readonly retryAfterMs?: number };

/** The only error that operations throw deliberately. The client sees its message: it names the field and the limit, never a secret. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message);
    this.name = 'DomainError';
    this.code = code;
    this.field = detail.field;
    this.retryAfterMs = detail.retryAfterMs;
  }
}

export const unauthenticated = (message = t`Log in first.`) => new DomainError('unauthenticated', message);
export const notFound = (message = t`Not found, or you do not have access.`) => new DomainError('notFound', message);
export const forbidden = (message: string) => new DomainError('forbidden', message);
export const invalid = (field: string, message: string) => new DomainError('invalid', message, { field });
export const conflict = (message: string, field?: string) => new DomainError('conflict', message, field === undefined ? {} : { field });
export const tooMany = (message: string, retryAfterMs: number) => new DomainError('tooMany', message, { retryAfterMs });
export const unavailable = (message = unavailableText(), retryAfterMs = 2000) => new DomainError('unavailable', message, { retryAfterMs });

/**
 * Why a store fails; each has its own remedy.
 * - `locked`: another program holds the file; `full`: no space on the disk; `denied`: no permission, or wrong credentials.
 * - `notDatabase`, `truncated`, `damaged`: the file is not a database, is shorter than its header says, or has unreadable pages.
 * - `newer`: a newer version of Parley has written it; `settings`: the URL has an option or a form that the driver does not take.
 * - `unreachable`: no connection, or no answer in time; `refused`: the server answered with an error of another kind.
 * - `handles`: the process or the machine has no free file handle.
 * - `io`: the operating system reported an error; `closed`: used after `close`; `unknown`: none of these.
 */
export type StoreFault =
  | 'locked'
  | 'full'
  | 'denied'
  | 'notDatabase'
  | 'truncated'
  | 'damaged'
  | 'newer'
  | 'settings'
  | 'unreachable'
  | 'refused'
  | 'handles'
  | 'io'
  | 'closed'
  | 'unknown';

const FAULT_TEXTS: Partial<Record<StoreFault, () => string>> = {
  locked: () => t`Another program holds the database.`,
  full: () => t`The disk of the server is full.`,
  denied: () => t`The server may not write to its database.`,
  notDatabase: () => t`The database of the server is damaged.`,
  truncated: () => t`The database of the server is damaged.`,
  damaged: () => t`The database of the server is damaged.`,
  handles: () => t`The server has no free file handle.`,
  io: () => t`The disk of the server reports an error.`,
};

/** A fault in one sentence for everybody, without paths. */
export const faultText = (fault: StoreFault | undefined): string => (fault && FAULT_TEXTS[fault]?.()) ?? t`The database does not answer.`;

/** What a person is told whose request the store did not take. */
export const unavailableText = (fault?: StoreFault): string =>
  t`${faultText(fault)} Nothing that was acknowledged is lost. Try again in a moment.`;

/** The store did not answer; the message names the cause, without secrets. A write that rejects with it may or may not have happened. */
export class StoreUnavailable extends Error {
  readonly fault: StoreFault;

  constructor(message: string, { fault = 'unknown', ...options }: ErrorOptions & { readonly fault?: StoreFault } = {}) {
    super(message, options);
    this.name = 'StoreUnavailable';
    this.fault = fault;
  }
}

/** Called at each failure of a store. */
export type OnFault = (error: StoreUnavailable) => void;
