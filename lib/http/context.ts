import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import type { Trace } from '../trace.ts';

/**
 * Who asks, and by what: a browser's session or a bearer token. `ref` is that secret's hash. `until` (ms): when the session runs out if it is not
 * used before; said to streams alone.
 */
export type Viewer = { readonly user: User; readonly via: 'session' | 'token'; readonly ref: string; readonly until?: number };

/** What the layers before a route leave for it. */
export type State = {
  requestId: string;
  trace: Trace;
  /** For the inline style sheets of this one answer (CSP). */
  nonce: string;
  viewer: Viewer | undefined;
  /** The fields of the body, once they were read. */
  fields?: Readonly<Record<string, unknown>>;
  /** The format of the response, once it has been negotiated. */
  format?: Format;
};

export const stateOf = (ctx: Context): State => ctx.state as State;

export const IDEMPOTENCY_KEY = 'Idempotency-Key';

/**
 * The header Idempotency-Key: a quoted string in draft-ietf-httpapi-idempotency-key-header; a bare one is accepted too. Undefined when absent.
 * Errors: `malformed` when it is empty: a client that sends one expects to post once.
 */
export function idempotencyKey(ctx: Context): string | undefined {
  if (ctx.req.headers['idempotency-key'] === undefined) return undefined;
  const key = ctx.get(IDEMPOTENCY_KEY).replace(/^"(.*)"$/, '$1');
  if (key === '') throw new DomainError('malformed', `The header ${IDEMPOTENCY_KEY} must not be empty.`, { field: IDEMPOTENCY_KEY });
  return key;
}

/** Whether htmx asks and wants a fragment. */
export const isHtmx = (ctx: Context): boolean => ctx.get('HX-Request') === 'true';

/** The origin of this site, for links and to compare with. Not `ctx.origin`, which is what the client says of itself. */
export const originOf = (ctx: Context, { publicUrl }: Pick<Config, 'publicUrl'>): string => publicUrl ?? `${ctx.protocol}://${ctx.host}`;

/** How a program says its text is written: by the field `format`, or by the Content-Type. Undefined when it does not say. */
export const declaredTextFormat = (ctx: Context, given: 'text' | 'markdown' | undefined): 'text' | 'markdown' | undefined =>
  given ?? (/markdown/i.test(ctx.get('Content-Type')) && ctx.is('text/markdown') ? 'markdown' : undefined);

/** How a new text is written: as is said, and else as Markdown from a page's form, and as plain text from a program. */
export function textFormatOf(ctx: Context, given: 'text' | 'markdown' | undefined): 'text' | 'markdown' {
  const isTyped = stateOf(ctx).viewer?.via === 'session' && ctx.is('urlencoded', 'multipart') !== false;
  return declaredTextFormat(ctx, given) ?? (isTyped ? 'markdown' : 'text');
}

/** In what format a response is written. `stream`: events, which only a stream can be; elsewhere it means JSON. */
export type Format = 'html' | 'json' | 'text' | 'stream';
