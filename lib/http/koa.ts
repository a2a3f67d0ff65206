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
  const app = new Koa({ proxy: core.config.trustProxy });
  app.use(describeRequest(web));
  app.use(secureHeaders);
  app.use(sayErrors(web));
  app.use(layers.files);
  for (const router of layers.early) app.use(router.routes());
  app.use(refuseForeign(core.config));
  app.use(sessions(core, app));
  app.use(sayErrors(web)); // again behind the session, so that what an error page takes from it is saved
  app.use(identify(core));
  for (const router of layers.late) app.use(router.routes()).use(router.allowedMethods());
  app.use((ctx) => ctx.throw(404));
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

const sayErrors =
  (web: Web): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = replyProblem(ctx, web.views, error, web.isDev);
      if (problem.isOurs)
        web.core.log.error({ err: error, request: stateOf(ctx).requestId, path: loggablePath(ctx.path) }, 'unexpected error');
      if (!ctx.req.complete) ctx.set('Connection', 'close'); // the rest of a body nobody will read
    }
  };
