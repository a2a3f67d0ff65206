import { adminBotRoutes } from './admin/bot-routes.ts';
import { adminGroupRoutes } from './admin/group-routes.ts';
import { adminPersonRoutes } from './admin/person-routes.ts';
import { adminProgramRoutes } from './admin/program-routes.ts';
import { adminRoutes } from './admin/routes.ts';
import { adminSiteRoutes } from './admin/site-routes.ts';
import { docsRoutes } from './api/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { deliveryRoutes } from './bots/delivery-routes.ts';
import { botRoutes } from './bots/routes.ts';
import { commandRoutes } from './commands/routes.ts';
import { campfireLinks } from './compat/campfire/routes.ts';
import { LATE_ACCOUNT_ROUTES } from './composition/account-routes.ts';
import { digestRoutes } from './digest/routes.ts';
import { draftRoutes } from './drafts/routes.ts';
import { fileRoutes } from './files/routes.ts';
import { directRoutes } from './groups/direct-routes.ts';
import { inviteRoutes } from './groups/invite-routes.ts';
import { groupsIndexRoutes } from './groups/list-routes.ts';
import { groupRoutes } from './groups/routes.ts';
import { settingsRoutes } from './groups/settings-routes.ts';
import { switchRoutes } from './groups/switch-routes.ts';
import type { FastRoute } from './http/fast-path.ts';
import { type RouteFile, routeFile } from './http/route-table.ts';
import { fastStreams } from './live/routes.ts';
import { actionRoutes } from './messages/actions/routes.ts';
import { editHistoryRoutes } from './messages/edit-history-routes.ts';
import { emojiRoutes } from './messages/emoji-routes.ts';
import { ephemeralRoutes } from './messages/ephemeral/routes.ts';
import { pinRoutes } from './messages/pin-routes.ts';
import { fastPosts, messageRoutes } from './messages/routes.ts';
import { savedRoutes } from './messages/saved-routes.ts';
import { threadRoutes } from './messages/threads/routes.ts';
import { upsertRoutes } from './messages/upsert-routes.ts';
import { moderationRoutes } from './moderation/admin-routes.ts';
import { reportRoutes } from './moderation/report-routes.ts';
import { ownDataRoutes } from './own-data/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import { profileRoutes } from './people/settings-routes.ts';
import { pushRoutes } from './push/routes.ts';
import { shareRoutes } from './push/share-routes.ts';
import { retentionRoutes } from './retention/routes.ts';
import { scheduledRoutes } from './scheduled/routes.ts';
import { searchRoutes } from './search/routes.ts';
import { securityRoutes } from './security/routes.ts';
import { devRoutes } from './site/routes.ts';
import { fastHooks } from './webhooks/incoming/routes.ts';

// All routes of the server in the order of matching, with the file of their handlers. The server is composed from these lists and does not start when
// the routes of a file differ from those listed for it. `npm run routes` prints them. Those of accounts are in composition/account-routes.ts.

/** Added to EARLY_ROUTES with `--dev`. */
export const DEV_ROUTES: readonly RouteFile[] = [routeFile('site/routes.ts', devRoutes, ['GET /dev/alive'])];

/** Matched after the session middleware: pages and the API. */
export const LATE_ROUTES: readonly RouteFile[] = [
  ...LATE_ACCOUNT_ROUTES,
  routeFile('own-data/routes.ts', ownDataRoutes, ['GET /settings/data', 'GET /settings/data.jsonl', 'POST /settings/delete']),
  routeFile('people/settings-routes.ts', profileRoutes, ['GET,POST /settings/profile', 'POST /settings/picture']),
  routeFile('people/routes.ts', peopleRoutes, ['GET /people/:person', 'PATCH /me', 'GET /avatars/:id', 'GET /avatars/:id/small']),
  routeFile('digest/routes.ts', digestRoutes, ['GET,POST /unsubscribe/:token']),
  routeFile('push/routes.ts', pushRoutes, ['GET,POST,DELETE /settings/push', 'POST /settings/push/:id']),
  routeFile('push/share-routes.ts', shareRoutes, ['GET,POST /share']),
  routeFile('retention/routes.ts', retentionRoutes, ['GET,POST /admin/storage', 'GET,POST /admin/erase']),
  routeFile('security/routes.ts', securityRoutes, ['GET /settings/security', 'GET /admin/security']),
  routeFile('groups/list-routes.ts', groupsIndexRoutes, ['GET,POST /groups', 'POST /groups/join']),
  routeFile('groups/switch-routes.ts', switchRoutes, ['GET /switch']),
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
  routeFile('commands/routes.ts', commandRoutes, [
    'GET /groups/:slug/commands',
    'PUT,DELETE /groups/:slug/commands/:command',
    'PUT,DELETE /commands/:command',
    'GET /commands',
  ]),
  routeFile('messages/ephemeral/routes.ts', ephemeralRoutes, [
    'POST,GET /groups/:slug/ephemeral',
    'DELETE /groups/:slug/ephemeral/:ephemeral',
    'POST /groups/:slug/ephemeral/:ephemeral/dismiss',
  ]),
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
  routeFile('messages/actions/routes.ts', actionRoutes, [
    'GET /groups/:slug/messages/:seq/actions/:action/form',
    'POST /groups/:slug/messages/:seq/actions/:action',
    'POST /groups/:slug/polls',
  ]),
  routeFile('messages/threads/routes.ts', threadRoutes, [
    'GET /groups/:slug/messages/:seq/thread',
    'POST /groups/:slug/messages/:seq/thread/follow',
    'POST /groups/:slug/messages/:seq/thread/read',
    'GET /threads',
  ]),
  routeFile('messages/upsert-routes.ts', upsertRoutes, ['PUT,GET,DELETE /groups/:slug/by-key/:key']),
  routeFile('drafts/routes.ts', draftRoutes, [
    'POST /groups/:slug/drafts',
    'PATCH,DELETE /groups/:slug/drafts/:draft',
    'POST /groups/:slug/drafts/:draft/commit',
  ]),
  routeFile('scheduled/routes.ts', scheduledRoutes, [
    'GET,POST /groups/:slug/scheduled/new',
    'POST /groups/:slug/scheduled',
    'GET /scheduled',
    'GET,PATCH,DELETE /scheduled/:id',
    'POST /scheduled/:id/edit',
  ]),
  routeFile('messages/pin-routes.ts', pinRoutes, ['GET /groups/:slug/pins', 'POST,PUT,DELETE /groups/:slug/messages/:seq/pin']),
  routeFile('messages/edit-history-routes.ts', editHistoryRoutes, [
    'GET /groups/:slug/messages/:seq/history',
    'GET /groups/:slug/messages/:seq/quote',
    'GET /emoji',
  ]),
  routeFile('messages/emoji-routes.ts', emojiRoutes, ['GET /groups/:slug/emoji', 'GET /groups/:slug/messages/:seq/emoji']),
  routeFile('search/routes.ts', searchRoutes, ['GET /search']),
  routeFile('messages/saved-routes.ts', savedRoutes, ['POST /groups/:slug/messages/:seq/save', 'GET /saved']),
  routeFile('files/routes.ts', fileRoutes, ['GET /files/:id/thumb', 'GET /files/:id', 'GET /files/:id/:name']),
  routeFile('audit/routes.ts', auditRoutes, ['GET /admin/audit', 'GET /admin/audit.jsonl']),
  routeFile('moderation/report-routes.ts', reportRoutes, ['GET,POST /groups/:slug/messages/:seq/report']),
  routeFile('moderation/admin-routes.ts', moderationRoutes, ['GET,POST /admin/messages', 'GET /admin/reports', 'POST /admin/reports/:id']),
  routeFile('admin/person-routes.ts', adminPersonRoutes, ['GET,POST /admin/people/new', 'GET,POST /admin/people/:id']),
  routeFile('admin/bot-routes.ts', adminBotRoutes, ['GET,POST /admin/bots', 'GET,POST /admin/deliveries']),
  routeFile('admin/program-routes.ts', adminProgramRoutes, ['GET,POST /admin/programs']),
  routeFile('admin/group-routes.ts', adminGroupRoutes, ['GET,POST /admin/groups/:id']),
  routeFile('admin/site-routes.ts', adminSiteRoutes, [
    'GET /site-icon/:id',
    'GET /site-icon/:id/small',
    'GET,POST /admin/site',
    'POST /admin/site/picture',
  ]),
  routeFile('admin/routes.ts', adminRoutes, ['GET,POST /admin']),
  routeFile('api/routes.ts', docsRoutes, ['GET /docs']),
];

/** High-volume routes, which bypass Koa; rejected requests go through the routes above. */
export const fastRoutes = (): readonly FastRoute[] => [...fastStreams, ...fastPosts, ...fastHooks()];
