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
  /** What hot routes refused. */
  readonly refusals: Refusals;
  /** Before sessions: health, webhooks, streams. */
  readonly early: readonly Router[];
  /** Behind them: pages and the API. */
  readonly late: readonly Router[];
};

/** The life of a request, from top to bottom. */
export function createKoa(web: RouteContext, layers: Layers): Koa {
  const { core } = web;
  // The last address is the one our own proxy saw; those before it are whatever the client wrote.
  const app = new Koa({ proxy: core.config.trustProxy, maxIpsCount: 1 });
  if (core.config.publicUrl?.startsWith('https:')) alwaysHttps(app);
  app.use(requestLog(web));
  app.use(secureHeaders);
  app.use(compressResponses);
  app.use(sayErrors(web, false));
  app.use(refuseInvalidHost);
  app.use(layers.files);
  app.use(throwRefusals(layers.refusals));
  for (const router of layers.early) app.use(router.routes());
  app.use(refuseCrossOrigin(core.config));
  app.use(unlessBearer(sessions(core, app)));
  app.use(sayErrors(web, true)); // again behind the session, so that what an error page takes from it is saved
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
 * With PUBLIC_URL https every request counts as encrypted, whatever headers say: cookies are Secure, and HSTS is sent. Whoever asks the server directly,
 * past the proxy, gets cookies that a browser sends back over https only.
 */
function alwaysHttps(app: Koa): void {
  Object.defineProperty(app.request, 'protocol', { get: () => 'https' });
}

/** A request with a token has no session: none is looked for, and none is begun. */
const unlessBearer =
  (middleware: Middleware): Middleware =>
  (ctx, next) =>
    ctx.get('Authorization') === '' ? middleware(ctx, next) : next();

/** No route took the request: 405 where its path has other methods, else 404. */
const refuseRest: Middleware = (ctx) => {
  const { matched = [] } = ctx as { matched?: readonly { readonly methods: readonly string[] }[] };
  const methods = new Set(matched.flatMap((layer) => layer.methods));
  if (methods.size === 0) ctx.throw(404);
  ctx.set('Allow', [...methods].join(', '));
  if (ctx.method !== 'OPTIONS') ctx.throw(405);
  ctx.status = 204;
};

const sayErrors =
  (web: RouteContext, mayRedirect: boolean): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const typed = isStoreUnavailable(error) ? await readUnreadForm(ctx) : undefined;
      const problem = replyProblem(ctx, web.views, error, { mayRedirect, typed });
      if (problem.isUnexpected)
        web.core.logger.error({ err: error, request: stateOf(ctx).requestId, path: loggablePath(ctx.path) }, 'unexpected error');
      if (!ctx.req.complete) ctx.set('Connection', 'close'); // the rest of a body nobody will read
    }
  };
