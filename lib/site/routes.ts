import type { Middleware } from 'koa';
import { faultText, type StoreFault } from '../errors.ts';
import { writeJson } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';

/** Static files by their hashed URLs, from memory. */
export const staticFiles =
  ({ views }: Pick<RouteContext, 'views'>): Middleware =>
  async (ctx, next) => {
    if (!ctx.path.startsWith('/static/')) return next();
    const found =
      ctx.method === 'GET' || ctx.method === 'HEAD'
        ? views.assets.get(ctx.path, ctx.get('Accept-Encoding'), ctx.get('If-None-Match'))
        : undefined;
    if (!found) return ctx.throw(404);
    ctx.status = found.status;
    ctx.set({ ...found.headers });
    if (found.status === 200) ctx.body = found.body;
  };

/** For monitoring: `/healthz` (the process answers) and `/readyz` (it can serve; state of store and bus). */
export function healthRoutes({ core }: Pick<RouteContext, 'core'>): Router {
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    writeJson(ctx, healthJson());
  });
  router.get('/readyz', async (ctx) => {
    const [{ isUp: store, fault }, bus] = await Promise.all([core.health.check(core.store), answers(core.bus.ping())]);
    ctx.set('Cache-Control', 'no-store');
    ctx.status = store ? 200 : 503; // without the bus, streams still work, up to 2 s late
    writeJson(ctx, readinessJson(store, bus, fault));
  });
  return router;
}

const answers = (asked: Promise<void>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );

/** The body of `/healthz`. */
export const healthJson = () => ({ status: 'ok' as const });

/** The body of `/readyz`. `degraded`: the bus does not answer. `fault`: why the store does not. */
export const readinessJson = (store: boolean, bus: boolean, fault?: StoreFault) => ({
  status: !store ? ('not ready' as const) : bus ? ('ready' as const) : ('degraded' as const),
  store: upOrDown(store),
  bus: upOrDown(bus),
  ...(store ? {} : { reason: fault ?? ('unknown' as const), detail: faultText(fault) }),
});

const upOrDown = (isUp: boolean): 'up' | 'down' => (isUp ? 'up' : 'down');

/** Development mode: a response that ends only with the server, so that open pages notice a restart. */
export function devRoutes(): Router {
  const router = new Router();
  router.get('/dev/alive', (ctx) => {
    ctx.respond = false;
    ctx.res.writeHead(200, { 'Content-Type': 'text/plain' });
    ctx.res.write('alive\n');
  });
  return router;
}
