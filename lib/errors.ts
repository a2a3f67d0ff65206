/** What can go wrong, in the domain's words. Nothing here knows of HTTP or exit codes. */
export type ErrorCode =
  | 'unauthenticated' // nobody is signed in, or the credentials are wrong
  | 'notFound' // absent, or not for you to know that it exists
  | 'forbidden' // you may see it but not do this
  | 'malformed' // the input is not of the form asked for (an object where text is due); `field` names it
  | 'invalid' // the input breaks a rule; `field` names it
  | 'conflict' // another state than the request assumed
  | 'keyReused' // an idempotency key that already stands for another body
  | 'inFlight' // the first request with this idempotency key is still being written
  | 'tooLarge' // more bytes than the limit
  | 'tooMany' // a rate or a count is used up; `retryAfterMs` says until when
  | 'gone' // was here, is closed for good (an archived group)
  | 'unavailable'; // the store does not answer; try again after `retryAfterMs`

type ErrorDetail = { readonly field?: string; readonly retryAfterMs?: number };

/** The only error an operation throws on purpose. The message is shown to whoever asked: it names the field and the limit, never a secret. */
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

export const unauthenticated = (message = 'Log in first.') => new DomainError('unauthenticated', message);
export const notFound = (message = 'Not found, or you do not have access.') => new DomainError('notFound', message);
export const forbidden = (message: string) => new DomainError('forbidden', message);
export const invalid = (field: string, message: string) => new DomainError('invalid', message, { field });
export const conflict = (message: string, field?: string) => new DomainError('conflict', message, field === undefined ? {} : { field });
export const tooMany = (message: string, retryAfterMs: number) => new DomainError('tooMany', message, { retryAfterMs });
export const unavailable = (
  message = 'The database does not answer. Nothing that was acknowledged is lost. Try again in a moment.',
  retryAfterMs = 2000,
) => new DomainError('unavailable', message, { retryAfterMs });

/**
 * Why a store fails; each has its own remedy.
 * - `locked`: another program holds the file; `full`: no space on the disk; `denied`: no permission, or wrong credentials.
 * - `notDatabase`, `truncated`, `damaged`: the file is not a database, is shorter than its header says, or has unreadable pages.
 * - `newer`: a newer version of Parley has written it; `settings`: the URL has an option or a form that the driver does not take.
 * - `unreachable`: no connection, or no answer in time; `refused`: the server answered with an error of another kind.
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
  | 'io'
  | 'closed'
  | 'unknown';

/** The store did not answer; the message names the cause, without secrets. A write that rejects so may or may not have happened. */
export class StoreUnavailable extends Error {
  readonly fault: StoreFault;

  constructor(message: string, { fault = 'unknown', ...options }: ErrorOptions & { readonly fault?: StoreFault } = {}) {
    super(message, options);
    this.name = 'StoreUnavailable';
    this.fault = fault;
  }
}

/** Called with each failure of a store, when it happens. */
export type OnFault = (error: StoreUnavailable) => void;
