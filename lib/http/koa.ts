import type Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { newUid } from '../ids.ts';
import { loggablePath } from '../log.ts';
import { stateOf } from './context.ts';
import { identify } from './identity.ts';
import { replyProblem } from './reply.ts';
import { refuseForeign, secureHeaders } from './security.ts';
import { sessions } from './session.ts';
import type { Web } from './web.ts';

export type Layers = {
  readonly files: Middleware;
  /** Before sessions: health, webhooks, streams. */
  readonly early: readonly Router[];
  /** Behind them: pages and the API. */
  readonly late: readonly Router[];
};

/** The life of a request, from top to bottom. */
export function createKoa(web: Web, layers: Layers): Koa {
  const { core } = web;
  // The last address is the one our own proxy saw; those before it are whatever the client wrote.
  const app = new Koa({ proxy: core.config.trustProxy, maxIpsCount: 1 });
  app.use(describeRequest(web));
  app.use(secureHeaders);
  app.use(sayErrors(web, false));
  app.use(layers.files);
  for (const router of layers.early) app.use(router.routes());
  app.use(refuseForeign(core.config));
  app.use(sessions(core, app));
  app.use(sayErrors(web, true)); // again behind the session, so that what an error page takes from it is saved
  app.use(identify(core));
  for (const router of layers.late) app.use(router.routes());
  app.use(refuseRest);
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE')
      core.log.error({ err: error }, 'request failed');
  });
  return app;
}

/** Gives the request its id, and the log one line about it when it is over. */
const describeRequest =
  ({ core }: Web): Middleware =>
  async (ctx, next) => {
    const started = performance.now();
    stateOf(ctx).requestId = newUid(core.random);
    ctx.set('X-Request-Id', stateOf(ctx).requestId);
    ctx.res.once('close', () => {
      const fields = { request: stateOf(ctx).requestId, method: ctx.method, path: loggablePath(ctx.path), status: ctx.res.statusCode };
      core.log.debug({ ...fields, user: stateOf(ctx).viewer?.user.id, ms: Math.round(performance.now() - started) }, 'request');
    });
    await next();
  };

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
  (web: Web, mayRedirect: boolean): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = replyProblem(ctx, web.views, error, mayRedirect);
      if (problem.isOurs)
        web.core.log.error({ err: error, request: stateOf(ctx).requestId, path: loggablePath(ctx.path) }, 'unexpected error');
      if (!ctx.req.complete) ctx.set('Connection', 'close'); // the rest of a body nobody will read
    }
  };
