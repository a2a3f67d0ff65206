import type { Context } from 'koa';
import { notFound, unauthenticated } from '../errors.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { expose, openSnapshot } from './exposition.ts';
import { mayScrape, type Scraper } from './rules.ts';
import { openSnapshots } from './sharing.ts';

/** `/metrics` for Prometheus: of all processes of this server, whichever of them is asked. */
export function metricsRoutes({ core }: Pick<RouteContext, 'core'>): Router {
  const router = new Router();
  const snapshots = openSnapshots(openSnapshot(core));
  router.get('/metrics', async (ctx) => {
    if (!mayScrape(scraperOf(ctx), core.config)) refuse(ctx, core.config.metricsToken !== undefined);
    const { type, text } = await expose(await snapshots());
    ctx.set('Cache-Control', 'no-store');
    ctx.body = text;
    ctx.set('Content-Type', type);
  });
  return router;
}

const scraperOf = (ctx: Context): Scraper => ({
  address: ctx.req.socket.remoteAddress ?? '',
  host: ctx.get('Host'),
  authorization: ctx.get('Authorization'),
  isForwarded: ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via'].some(
    (name) => ctx.get(name) !== '',
  ),
});

/** Without METRICS_TOKEN nobody else may read them, so the route does not exist for them; with it the token is asked for. */
function refuse(ctx: Context, hasToken: boolean): never {
  if (!hasToken) throw notFound();
  ctx.set('WWW-Authenticate', 'Bearer realm="metrics"');
  throw unauthenticated('This needs METRICS_TOKEN as bearer token.');
}
