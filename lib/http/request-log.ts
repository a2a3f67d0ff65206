import type { Context, Middleware } from 'koa';
import type { Core } from '../core.ts';
import { newUid } from '../ids.ts';
import { loggablePath, traceFields } from '../logger.ts';
import { type Trace, traceFrom, within } from '../trace.ts';
import { stateOf } from './context.ts';

/** Those that some route takes. A client may invent others, and each would be a series of its own. */
const COUNTED = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The header in which an answer names its request. */
export const REQUEST_ID = 'X-Request-Id';

/** What the log says of a request. `startedAt`: by performance.now(). */
type RequestLine = {
  readonly request: string;
  readonly trace: Trace;
  readonly method: string;
  /** As it may be logged. */
  readonly path: string;
  readonly user: string | undefined;
  readonly status: number;
  readonly startedAt: number;
};

/** Gives the request its id, which its answer is to name, and its place in a trace. */
export function identifyRequest(ctx: Context, core: Core): Pick<RequestLine, 'request' | 'trace' | 'method'> {
  const state = stateOf(ctx);
  state.requestId = newUid(core.random);
  state.trace = traceFrom(ctx.get('traceparent'), core.random);
  return { request: state.requestId, trace: state.trace, method: ctx.method };
}

/** Gives the request its id and its place in a trace; counts it, and gives the log one line about it when it is over. */
export const requestLog =
  ({ core }: { readonly core: Core }): Middleware =>
  async (ctx, next) => {
    const startedAt = performance.now();
    const line = identifyRequest(ctx, core);
    ctx.res.setHeader(REQUEST_ID, line.request);
    let isCounted = false;
    const count = (): void => {
      if (!isCounted) core.meters.requested(labelsOf(ctx), (performance.now() - startedAt) / 1000);
      isCounted = true;
    };
    ctx.res.once('close', () => {
      count();
      logRequest(core, {
        ...line,
        path: loggablePath(ctx.path),
        user: stateOf(ctx).viewer?.user.id,
        status: ctx.res.statusCode,
        startedAt,
      });
    });
    await within(line.trace, next);
    if (ctx.respond === false) count(); // an endless answer: how long until it began
  };

/** Writes the line. */
export function logRequest({ logger }: Core, { trace, path, startedAt, ...fields }: RequestLine): void {
  logger.debug({ ...fields, ...traceFields(trace), path, ms: Math.round(performance.now() - startedAt) }, 'request');
}

/** The route's pattern, never the path: that has names and secrets in it, and no end of values. */
function labelsOf(ctx: Context): { method: string; route: string; status: string } {
  const { _matchedRoute: matched } = ctx as { _matchedRoute?: string | RegExp };
  const route = ctx.path.startsWith('/static/') ? '/static/:file' : String(matched ?? 'none');
  const status = ctx.res.headersSent ? `${Math.floor(ctx.res.statusCode / 100)}xx` : 'aborted';
  return { method: COUNTED.has(ctx.method) ? ctx.method : 'other', route, status };
}
