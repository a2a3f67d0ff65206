import Koa, { type Middleware } from 'koa';
import { loggablePath } from '../logger.ts';
import { completeLocations } from './base-path.ts';
import type { BodyBudget } from './body-budget.ts';
import { compressResponses } from './compress.ts';
import { stateOf } from './context.ts';
import { isOfClient, isStoreUnavailable } from './errors.ts';
import { type Refusals, throwRefusals } from './fast-path.ts';
import { type HostCheck, refuseForeignHost } from './host.ts';
import { identify } from './identity.ts';
import { readUnreadForm } from './input.ts';
import { finishPage, replyProblem } from './reply.ts';
import { requestLog } from './request-log.ts';
import type { RouteContext } from './route-context.ts';
import type { Router } from './router.ts';
import { refuseCrossOrigin, secureHeaders } from './security.ts';
import { sessions } from './session.ts';
import { discardRest } from './unread-body.ts';

type Layers = {
  readonly files: Middleware;
  /** The errors of fast-path routes. */
  readonly refusals: Refusals;
  readonly checkHost: HostCheck;
  readonly bodyBudget: BodyBudget;
  /** Before the session middleware: health, webhooks, streams. */
  readonly early: readonly Router[];
  /** Behind it, and behind the identification: who else is logged in, and whether the viewer may go on. */
  readonly admit: readonly Middleware[];
  /** Pages and the API. */
  readonly late: readonly Router[];
};

/** The Koa application; a request passes its middleware from top to bottom. */
export function createKoa(deps: RouteContext, layers: Layers): Koa {
  const { core } = deps;
  // Only the last address of X-Forwarded-For is from our own proxy; the client may have set the others.
  const app = new Koa({ proxy: core.config.trustProxy, maxIpsCount: 1 });
  if (core.config.publicUrl?.startsWith('https:')) alwaysHttps(app);
  app.use(requestLog(deps));
  if (core.config.basePath !== '') app.use(completeLocations(core.config.basePath));
  app.use(secureHeaders(core.config));
  app.use(compressResponses);
  app.use(countBodies(layers.bodyBudget));
  app.use(respondWithErrors(deps, false));
  app.use(refuseForeignHost(layers.checkHost));
  app.use(layers.files);
  app.use(throwRefusals(layers.refusals));
  for (const router of layers.early) app.use(router.routes());
  app.use(refuseCrossOrigin(core.config));
  app.use(unlessBearer(sessions(core, app)));
  app.use(respondWithErrors(deps, true)); // again behind the session, so that a flash message shown on an error page is removed from it
  app.use(finishPages(deps));
  app.use(identify(core));
  for (const middleware of layers.admit) app.use(middleware);
  for (const router of layers.late) app.use(router.routes());
  app.use(refuseRest);
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (!isOfClient(error)) core.logger.error({ err: error }, 'request failed');
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

/** Lets the bodies of people who are not logged in be counted. */
const countBodies =
  (budget: BodyBudget): Middleware =>
  (ctx, next) => {
    stateOf(ctx).bodyBudget = budget;
    return next();
  };

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

const finishPages =
  (deps: RouteContext): Middleware =>
  async (ctx, next) => {
    await next();
    await finishPage(ctx, deps);
  };

const respondWithErrors =
  (deps: RouteContext, mayRedirect: boolean): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      delete stateOf(ctx).page;
      const typed = isStoreUnavailable(error) ? await readUnreadForm(ctx) : undefined;
      const problem = replyProblem(ctx, deps.views, error, { mayRedirect, typed });
      if (problem.isUnexpected)
        deps.core.logger.error({ err: error, request: stateOf(ctx).requestId, path: loggablePath(ctx.path) }, 'unexpected error');
      await finishPage(ctx, deps);
      discardRest(ctx);
    }
  };
