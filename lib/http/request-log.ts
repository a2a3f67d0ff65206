import type { Context, Middleware } from 'koa';
import type { Core } from '../core.ts';
import { newUid } from '../ids.ts';
import { loggablePath, traceFields } from '../logger.ts';
import { runRequest } from '../request-scope.ts';
import { type Trace, traceFrom } from '../trace.ts';
import { stateOf } from './context.ts';
import { chooseLanguage } from './format.ts';

/** The methods that are counted by name. Clients may send any method, and each would be a metric series of its own. */
const COUNTED = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The response header with the request id. */
export const REQUEST_ID = 'X-Request-Id';

/** The log line of a request. `startedAt`: by performance.now(). */
type RequestLine = {
  readonly request: string;
  readonly trace: Trace;
  readonly method: string;
  /** Without secrets. */
  readonly path: string;
  readonly user: string | undefined;
  readonly status: number;
  /** How it came, where that is not by the method and the path: by the Model Context Protocol, and the tool. */
  readonly via?: 'MCP' | undefined;
  readonly tool?: string | undefined;
  readonly startedAt: number;
};

/** Sets the request's id and trace. */
export function identifyRequest(ctx: Context, core: Core): Pick<RequestLine, 'request' | 'trace' | 'method'> {
  const state = stateOf(ctx);
  state.requestId = newUid(core.random);
  state.trace = traceFrom(ctx.get('traceparent'), core.random);
  return { request: state.requestId, trace: state.trace, method: ctx.method };
}

/** Sets the request's id and trace; counts it and logs one line when the response is finished. */
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
        ...viaOf(ctx),
        status: ctx.res.statusCode,
        startedAt,
      });
    });
    const work = () => {
      chooseLanguage(ctx);
      return next();
    };
    await runRequest(line.trace, work, ctx.ip, core.storeWaitMs);
    if (ctx.respond === false) count(); // a stream: the time until it started
  };

const viaOf = (ctx: Context): Pick<RequestLine, 'via' | 'tool'> => {
  const { mcp } = stateOf(ctx);
  return mcp ? { via: 'MCP', ...(mcp.tool === undefined ? {} : { tool: mcp.tool }) } : {};
};

/** Writes the line. */
export function logRequest({ logger }: Core, { trace, path, startedAt, ...fields }: RequestLine): void {
  logger.debug({ ...fields, ...traceFields(trace), path, ms: Math.round(performance.now() - startedAt) }, 'request');
}

/** Labelled by the route's pattern, never the path, which contains names and secrets and has unbounded values. */
function labelsOf(ctx: Context): { method: string; route: string; status: string } {
  const { _matchedRoute: matched } = ctx as { _matchedRoute?: string | RegExp };
  const route = ctx.path.startsWith('/static/') ? '/static/:file' : String(matched ?? 'none');
  const status = ctx.res.headersSent ? `${Math.floor(ctx.res.statusCode / 100)}xx` : 'aborted';
  return { method: COUNTED.has(ctx.method) ? ctx.method : 'other', route, status };
}
