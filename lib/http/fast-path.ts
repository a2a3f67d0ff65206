import type { IncomingMessage, RequestListener } from 'node:http';
import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import { runRequest } from '../request-scope.ts';
import { completeLocation } from './base-path.ts';
import { type State, stateOf } from './context.ts';
import type { HostCheck } from './host.ts';
import { identifyRequest, logRequest, REQUEST_ID } from './request-log.ts';
import type { RouteContext } from './route-context.ts';
import { setDataHeaders, setSecureHeaders } from './security.ts';

/**
 * A route that bypasses the Koa middleware. `path` has one capturing group, which `handle` receives; `pattern` is the route's name in metrics.
 * `handle` does everything itself: it checks the origin, authenticates, and sets a body of text or JSON, unless it takes over the connection.
 */
export type FastRoute = {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly pattern: string;
  /** `document` and `data` get their security headers before `handle`; `stream` sends its own head. */
  readonly kind: 'document' | 'data' | 'stream';
  /** Whether to handle the request here; otherwise it goes through the middleware. */
  readonly isFor?: (ctx: Context) => boolean;
  readonly handle: (deps: RouteContext, ctx: Context, captured: string) => Promise<void>;
};

/** The error of a fast-path route. */
type Refusal = { readonly error: unknown; readonly route: FastRoute; readonly state: State };
export type Refusals = WeakMap<IncomingMessage, Refusal>;

type FastPath = { readonly routes: readonly FastRoute[]; readonly refusals: Refusals; readonly checkHost: HostCheck };

/**
 * Serves high-volume routes without the Koa middleware, which costs time per request and would keep a stream's request in memory for hours.
 * When a route throws, the request goes through the middleware after all, where `throwRefusals` rethrows the error, so that every error
 * response is written in one place.
 */
export function fastPath(app: Koa, deps: RouteContext, { routes, refusals, checkHost }: FastPath): RequestListener {
  const others = app.callback();
  return (request, response) => {
    const found = checkHost(request) === undefined ? find(routes, request) : undefined; // the middleware refuses it
    const ctx = found && app.createContext(request, response);
    if (!ctx || found.route.isFor?.(ctx) === false) return void others(request, response);
    take(deps, ctx, found).catch((error: unknown) => {
      refusals.set(request, { error, route: found.route, state: stateOf(ctx) });
      void others(request, response);
    });
  };
}

type Found = { readonly route: FastRoute; readonly captured: string };

function find(routes: readonly FastRoute[], { method, url = '' }: IncomingMessage): Found | undefined {
  for (const route of routes) {
    const captured = method === route.method ? route.path.exec(url)?.[1] : undefined;
    if (captured !== undefined) return { route, captured };
  }
  return undefined;
}

async function take(deps: RouteContext, ctx: Context, { route, captured }: Found): Promise<void> {
  const startedAt = performance.now();
  const { core } = deps;
  const line = identifyRequest(ctx, core);
  if (route.kind !== 'stream') ctx.res.setHeader(REQUEST_ID, line.request);
  if (route.kind === 'document') setSecureHeaders(ctx, core.config);
  if (route.kind === 'data') setDataHeaders(ctx, core.config);
  await runRequest(line.trace, () => route.handle(deps, ctx, captured), ctx.ip, core.storeWaitMs);
  if (ctx.respond !== false) send(deps, ctx);
  const status = `${Math.floor(ctx.res.statusCode / 100)}xx`;
  core.meters.requested({ method: route.method, route: route.pattern, status }, (performance.now() - startedAt) / 1000);
  // Logged before the response is finished: a stream's request would otherwise be kept in memory until its end.
  logRequest(core, { ...line, path: route.pattern, user: stateOf(ctx).viewer?.user.id, status: ctx.res.statusCode, startedAt });
}

function send({ hub, core }: RouteContext, ctx: Context): void {
  completeLocation(ctx.res, core.config.basePath);
  if (hub.isClosing) ctx.res.setHeader('Connection', 'close'); // as in the middleware: the next request needs a new connection
  const body = typeof ctx.body === 'string' ? ctx.body : ctx.body === undefined ? '' : JSON.stringify(ctx.body);
  if (ctx.res.statusCode !== 204 && !ctx.res.hasHeader('Content-Length')) ctx.res.setHeader('Content-Length', Buffer.byteLength(body));
  ctx.res.end(body);
}

/** Rethrows the error of a fast-path route, with the viewer and the fields that the route has read. */
export const throwRefusals =
  (refusals: Refusals): Middleware =>
  (ctx, next) => {
    const refusal = refusals.get(ctx.req);
    if (!refusal) return next();
    Object.assign(ctx, { _matchedRoute: refusal.route.pattern }); // for the metrics, as the router does
    Object.assign(ctx.state, { viewer: refusal.state.viewer, fields: refusal.state.fields });
    throw refusal.error;
  };
