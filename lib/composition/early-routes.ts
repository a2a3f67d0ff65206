import { openApiRoutes } from '../api/routes.ts';
import { campfireRoutes } from '../compat/campfire/routes.ts';
import { type RouteFile, routeFile } from '../http/route-table.ts';
import { liveRoutes } from '../live/routes.ts';
import { mcpRoutes } from '../mcp/routes.ts';
import { metricsRoutes } from '../metrics/routes.ts';
import { appRoutes } from '../push/routes.ts';
import { cspReportRoutes } from '../security/csp-reports.ts';
import { healthRoutes } from '../site/routes.ts';
import { hookRoutes } from '../webhooks/incoming/routes.ts';
import { EARLY_ACCOUNT_ROUTES } from './account-routes.ts';

/** Matched before the session middleware: health, webhooks, streams. */
export const EARLY_ROUTES: readonly RouteFile[] = [
  routeFile('site/routes.ts', healthRoutes, ['GET /healthz', 'GET /readyz']),
  routeFile('metrics/routes.ts', metricsRoutes, ['GET /metrics']),
  routeFile('webhooks/incoming/routes.ts', hookRoutes, [
    'GET,PATCH,DELETE /hooks/:token/messages/:message',
    'GET,PATCH,DELETE /api/webhooks/:id/:token/messages/:message',
    'GET,PATCH,DELETE /api/:version/webhooks/:id/:token/messages/:message',
    'POST,PUT,GET /hooks/:token',
    'POST,PUT,GET /hooks/:id/:token',
    'POST,PUT,GET /hooks/:id/:token/:as',
    'POST,PUT,GET /services/:token',
    'POST,PUT,GET /services/:id/:bot/:token',
    'POST,PUT,GET /api/webhooks/:id/:token',
    'POST,PUT,GET /api/webhooks/:id/:token/:as',
    'POST,PUT,GET /api/:version/webhooks/:id/:token',
    'POST,PUT,GET /api/:version/webhooks/:id/:token/:as',
  ]),
  routeFile('compat/campfire/routes.ts', campfireRoutes, [
    'GET,POST /rooms/:room/:key/messages',
    'PATCH,PUT,DELETE /rooms/:room/:key/messages/:id',
    'POST /rooms/:room/:key/messages/:id/boosts',
    'DELETE /rooms/:room/:key/messages/:id/boosts/:boost',
  ]),
  routeFile('mcp/routes.ts', mcpRoutes, ['POST,GET,DELETE /mcp']),
  ...EARLY_ACCOUNT_ROUTES,
  routeFile('api/routes.ts', openApiRoutes, ['GET /openapi.json']),
  routeFile('security/csp-reports.ts', cspReportRoutes, ['POST /csp-reports']),
  routeFile('push/routes.ts', appRoutes, ['GET /sw.js', 'GET /offline', 'GET /manifest.webmanifest']),
  routeFile('live/routes.ts', liveRoutes, [
    'GET /groups/:slug/events',
    'GET /groups/:slug/messages/:seq/thread/events',
    'GET /groups/:slug/live',
    'GET /groups/:slug/messages/:seq/thread/live',
    'GET /events',
  ]),
];
