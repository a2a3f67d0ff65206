import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import type { Trace } from '../trace.ts';
import type { BodyBudget } from './body-budget.ts';

/**
 * The authenticated user, by a browser's session or a bearer token. `ref`: the hash of that secret. `until`: when the session expires unless it
 * is used before, or the access token (ms since the epoch); set for streams only.
 */
export type Viewer = { readonly user: User; readonly via: 'session' | 'token'; readonly ref: string; readonly until?: number };

/** What the middleware sets for the routes. */
export type State = {
  requestId: string;
  trace: Trace;
  /** For the inline style sheets of this response (CSP). */
  nonce: string;
  viewer: Viewer | undefined;
  /** The newest session id that was made for this request. */
  newSessionId?: string;
  /** For the bodies of people who are not logged in. */
  bodyBudget?: BodyBudget;
  /** The fields of the body, once they have been read; of a refused one those of its beginning. */
  fields?: Readonly<Record<string, unknown>>;
  /** A page of somebody who is logged in: rendered by `finishPage`, with the list of their groups. */
  page?: PendingPage;
  /** Set for calls of the Model Context Protocol. `tool`: the tool that is called. */
  mcp?: { readonly tool: string | undefined };
  /** The value of WWW-Authenticate, where it is more than the scheme. */
  challenge?: string;
  /** The format of the response, once it has been negotiated. */
  format?: Format;
};

/** `group`: the group that the page is about. */
export type PendingPage = { readonly group: GroupId | undefined; readonly render: (shell: { readonly sidebar: object }) => string };

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

/** Whether the request is from htmx, which expects a fragment. */
export const isHtmx = (ctx: Context): boolean => ctx.get('HX-Request') === 'true';

/** The address of this site, for links: its origin, and its base path. Not `ctx.origin`, which the client controls. */
export const siteUrlOf = (ctx: Context, { publicUrl }: Pick<Config, 'publicUrl'>): string => publicUrl ?? `${ctx.protocol}://${ctx.host}`;

/** The text format that a request declares, by the field `format` or the Content-Type. Undefined when it declares none. */
export const declaredTextFormat = (ctx: Context, given: 'text' | 'markdown' | undefined): 'text' | 'markdown' | undefined =>
  given ?? (/markdown/i.test(ctx.get('Content-Type')) && ctx.is('text/markdown') ? 'markdown' : undefined);

/** The format of a new text: as declared; otherwise Markdown from a page's form and plain text from a program. */
export function textFormatOf(ctx: Context, given: 'text' | 'markdown' | undefined): 'text' | 'markdown' {
  const isTyped = stateOf(ctx).viewer?.via === 'session' && ctx.is('urlencoded', 'multipart') !== false;
  return declaredTextFormat(ctx, given) ?? (isTyped ? 'markdown' : 'text');
}

/** The format of a response. `stream`: Server-Sent Events where the route is a stream, JSON elsewhere. */
export type Format = 'html' | 'json' | 'text' | 'stream';
