import Koa, { type Middleware } from 'koa';
import { loggablePath } from '../logger.ts';
import { compressResponses } from './compress.ts';
import { stateOf } from './context.ts';
import { isStoreUnavailable } from './errors.ts';
import { type Refusals, throwRefusals } from './fast-path.ts';
import { refuseInvalidHost } from './host.ts';
import { identify } from './identity.ts';
import { readUnreadForm } from './input.ts';
import { replyProblem } from './reply.ts';
import { requestLog } from './request-log.ts';
import type { RouteContext } from './route-context.ts';
import type { Router } from './router.ts';
import { refuseCrossOrigin, secureHeaders } from './security.ts';
import { sessions } from './session.ts';

type Layers = {
  readonly files: Middleware;
  /** The errors of fast-path routes. */
  readonly refusals: Refusals;
  /** Before the session middleware: health, webhooks, streams. */
  readonly early: readonly Router[];
  /** Behind it: pages and the API. */
  readonly late: readonly Router[];
};

/** The Koa application; a request passes its middleware from top to bottom. */
export function createKoa(web: RouteContext, layers: Layers): Koa {
  const { core } = web;
  // Only the last address of X-Forwarded-For is from our own proxy; the client may have set the others.
  const app = new Koa({ proxy: core.config.trustProxy, maxIpsCount: 1 });
  if (core.config.publicUrl?.startsWith('https:')) alwaysHttps(app);
  app.use(requestLog(web));
  app.use(secureHeaders);
  app.use(compressResponses);
  app.use(respondWithErrors(web, false));
  app.use(refuseInvalidHost);
  app.use(layers.files);
  app.use(throwRefusals(layers.refusals));
  for (const router of layers.early) app.use(router.routes());
  app.use(refuseCrossOrigin(core.config));
  app.use(unlessBearer(sessions(core, app)));
  app.use(respondWithErrors(web, true)); // again behind the session, so that a flash message shown on an error page is removed from it
  app.use(identify(core));
  for (const router of layers.late) app.use(router.routes());
  app.use(refuseRest);
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE')
      core.logger.error({ err: error }, 'request failed');
  });
  return app;
}

/**
 * With an https PUBLIC_URL every request counts as encrypted: cookies are Secure and HSTS is sent, whatever the headers say. A client that
 * connects directly, not through the proxy, gets cookies that a browser sends back over https only.
 */
function alwaysHttps(app: Koa): void {
  Object.defineProperty(app.request, 'protocol', { get: () => 'https' });
}

/** Skips the session middleware for requests with a token. */
const unlessBearer =
  (middleware: Middleware): Middleware =>
  (ctx, next) =>
    ctx.get('Authorization') === '' ? middleware(ctx, next) : next();

/** No route matched: 405 when its path has other methods, else 404. */
const refuseRest: Middleware = (ctx) => {
  const { matched = [] } = ctx as { matched?: readonly { readonly methods: readonly string[] }[] };
  const methods = new Set(matched.flatMap((layer) => layer.methods));
  if (methods.size === 0) ctx.throw(404);
  ctx.set('Allow', [...methods].join(', '));
  if (ctx.method !== 'OPTIONS') ctx.throw(405);
  ctx.status = 204;
};

const respondWithErrors =
  (web: RouteContext, mayRedirect: boolean): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const typed = isStoreUnavailable(error) ? await readUnreadForm(ctx) : undefined;
      const problem = replyProblem(ctx, web.views, error, { mayRedirect, typed });
      if (problem.isUnexpected)
        web.core.logger.error({ err: error, request: stateOf(ctx).requestId, path: loggablePath(ctx.path) }, 'unexpected error');
      if (!ctx.req.complete) ctx.set('Connection', 'close'); // the rest of the body is not read
    }
  };
