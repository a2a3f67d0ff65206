import type { Context } from 'koa';
import { notFound, unauthenticated } from '../errors.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { expose, openSnapshot } from './exposition.ts';
import { mayScrape, type Scraper } from './rules.ts';
import { openSnapshots } from './sharing.ts';

/** `/metrics` for Prometheus, aggregated over all processes of this server. */
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

/** Without METRICS_TOKEN the route answers 404, as if it did not exist; with it, 401. */
function refuse(ctx: Context, hasToken: boolean): never {
  if (!hasToken) throw notFound();
  ctx.set('WWW-Authenticate', 'Bearer realm="metrics"');
  throw unauthenticated('Send METRICS_TOKEN as bearer token.');
}
