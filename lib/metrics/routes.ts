import type { Context } from 'koa';
import { notFound } from '../errors.ts';
import type { Web } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { expose, openSnapshot } from './exposition.ts';
import { mayScrape, type Scraper } from './rules.ts';
import { openSnapshots } from './sharing.ts';

/** `/metrics` for Prometheus: of all processes of this server, whichever of them is asked. */
export function metricsRoutes({ core }: Pick<Web, 'core'>): Router {
  const router = new Router();
  const snapshots = openSnapshots(openSnapshot(core));
  router.get('/metrics', async (ctx) => {
    if (!mayScrape(scraperOf(ctx), core.config)) return refuse(ctx, core.config.metricsToken !== undefined);
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

/** Without a token nobody else may ever look, so there is nothing here; with one, it is asked for. */
function refuse(ctx: Context, hasToken: boolean): void {
  if (!hasToken) throw notFound();
  ctx.set({ 'WWW-Authenticate': 'Bearer realm="metrics"', 'Cache-Control': 'no-store' });
  ctx.status = 401;
  ctx.type = 'text/plain';
  ctx.body = 'METRICS_TOKEN is needed here.\n';
}
