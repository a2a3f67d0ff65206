import { type AccountHooks, accountRoutes } from './accounts/routes.ts';
import { adminRoutes } from './admin/routes.ts';
import { docsRoutes, openApiRoutes } from './api/routes.ts';
import { deliveryRoutes } from './bots/delivery-routes.ts';
import { botRoutes } from './bots/routes.ts';
import { campfireLinks, campfireRoutes } from './compat/campfire/routes.ts';
import { fileRoutes } from './files/routes.ts';
import { withTitle } from './groups/direct.ts';
import { directRoutes } from './groups/direct-routes.ts';
import { inviteRoutes, showInvitationAgain } from './groups/invite-routes.ts';
import { admitByCode } from './groups/joining.ts';
import { groupsIndexRoutes } from './groups/list-routes.ts';
import { finishFirstAccount } from './groups/operations.ts';
import { groupRoutes } from './groups/routes.ts';
import { settingsRoutes } from './groups/settings-routes.ts';
import type { FastRoute } from './http/fast-path.ts';
import type { RouteContext } from './http/route-context.ts';
import { type RouteFile, routeFile } from './http/route-table.ts';
import { fastStreams, liveRoutes } from './live/routes.ts';
import { editHistoryRoutes } from './messages/edit-history-routes.ts';
import { pinRoutes } from './messages/pin-routes.ts';
import { fastPosts, messageRoutes } from './messages/routes.ts';
import { savedRoutes } from './messages/saved-routes.ts';
import { upsertRoutes } from './messages/upsert-routes.ts';
import { metricsRoutes } from './metrics/routes.ts';
import { pushSettings } from './push/presenter.ts';
import { appRoutes, pushRoutes } from './push/routes.ts';
import { searchRoutes } from './search/routes.ts';
import { devRoutes, healthRoutes } from './site/routes.ts';
import { fastHooks, hookRoutes } from './webhooks/incoming/routes.ts';

// All routes of the server in the order of matching, with the file of their handlers. The server is composed from these lists and does not start when
// the routes of a file differ from those listed for it. `npm run routes` prints them.

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
  routeFile('api/routes.ts', openApiRoutes, ['GET /openapi.json']),
  routeFile('push/routes.ts', appRoutes, ['GET /sw.js', 'GET /manifest.webmanifest']),
  routeFile('live/routes.ts', liveRoutes, ['GET /groups/:slug/events', 'GET /groups/:slug/live', 'GET /events']),
];

/** Added to EARLY_ROUTES with `--dev`. */
export const DEV_ROUTES: readonly RouteFile[] = [routeFile('site/routes.ts', devRoutes, ['GET /dev/alive'])];

/** Matched after the session middleware: pages and the API. */
export const LATE_ROUTES: readonly RouteFile[] = [
  routeFile('accounts/routes.ts', (web) => accountRoutes(web, accountHooks(web)), [
    'GET /',
    'GET /signup',
    'GET /login',
    'POST /signup',
    'POST /login',
    'GET,POST /logout',
    'GET /settings',
    'POST /settings/password',
    'POST /settings/logout-everywhere',
    'POST /settings/tokens',
    'POST /settings/tokens/:id/revoke',
    'GET /me',
  ]),
  routeFile('push/routes.ts', pushRoutes, ['GET,POST,DELETE /settings/push', 'POST /settings/push/:id']),
  routeFile('groups/list-routes.ts', groupsIndexRoutes, ['GET,POST /groups', 'POST /groups/join']),
  routeFile('groups/direct-routes.ts', directRoutes, ['GET,POST /direct']),
  routeFile('groups/routes.ts', groupRoutes, ['GET,POST /groups/:slug/members', 'POST /groups/:slug/typing']),
  routeFile('groups/settings-routes.ts', settingsRoutes, [
    'GET /groups/:slug/settings',
    'GET /groups/:slug/invite.svg',
    'POST /groups/:slug/settings',
  ]),
  routeFile('groups/invite-routes.ts', inviteRoutes, ['GET,POST /join/:code']),
  routeFile('bots/routes.ts', botRoutes, ['GET,POST /groups/:slug/bots', 'GET,POST /groups/:slug/bots/:id']),
  routeFile('bots/delivery-routes.ts', deliveryRoutes, [
    'GET /groups/:slug/bots/:id/deliveries',
    'GET /groups/:slug/bots/:id/deliveries/:delivery',
    'POST /groups/:slug/bots/:id/deliveries/:delivery/again',
  ]),
  routeFile('compat/campfire/routes.ts', campfireLinks, ['GET /rooms/:room/@:id']),
  routeFile('messages/routes.ts', messageRoutes, [
    'GET /groups/:slug',
    'GET,POST /groups/:slug/messages',
    'GET /groups/:slug/messages/:seq',
    'GET,POST /groups/:slug/messages/:seq/edit',
    'PATCH /groups/:slug/messages/:seq',
    'POST /groups/:slug/messages/:seq/erase',
    'DELETE /groups/:slug/messages/:seq',
    'POST /groups/:slug/messages/:seq/unerase',
    'POST /groups/:slug/messages/:seq/reactions',
    'PUT,DELETE /groups/:slug/messages/:seq/reactions/:emoji',
    'POST /groups/:slug/read',
  ]),
  routeFile('messages/upsert-routes.ts', upsertRoutes, ['PUT,GET,DELETE /groups/:slug/by-key/:key']),
  routeFile('messages/pin-routes.ts', pinRoutes, ['GET /groups/:slug/pins', 'POST,PUT,DELETE /groups/:slug/messages/:seq/pin']),
  routeFile('messages/edit-history-routes.ts', editHistoryRoutes, [
    'GET /groups/:slug/messages/:seq/history',
    'GET /groups/:slug/messages/:seq/quote',
    'GET /emoji',
  ]),
  routeFile('search/routes.ts', searchRoutes, ['GET /search']),
  routeFile('messages/saved-routes.ts', savedRoutes, ['POST /groups/:slug/messages/:seq/save', 'GET /saved']),
  routeFile('files/routes.ts', fileRoutes, ['GET /files/:id/thumb', 'GET /files/:id', 'GET /files/:id/:name']),
  routeFile('admin/routes.ts', adminRoutes, ['GET,POST /admin']),
  routeFile('api/routes.ts', docsRoutes, ['GET /docs']),
];

/** High-volume routes, which bypass Koa; rejected requests go through the routes above. */
export const fastRoutes = (): readonly FastRoute[] => [...fastStreams, ...fastPosts, ...fastHooks()];

/** What accounts/ needs from groups/ and push/. */
const accountHooks = (web: RouteContext, core = web.core): AccountHooks => ({
  admit: (code) => admitByCode(core, code),
  afterSignUp: () => finishFirstAccount(core),
  showInvitation: (ctx, path, forms) => showInvitationAgain(ctx, web, path, forms),
  titled: (viewer, group) => withTitle(core, viewer, group),
  pushSettings: (user, session) => pushSettings(core, user, session),
});
