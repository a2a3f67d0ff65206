import type { Server } from 'node:http';
import { Server as Listener } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Middleware } from 'koa';
import { confirmMail, inviteMail, noticeMail, resetMails } from './accounts/mail/mails.ts';
import { proxySignIn } from './accounts/proxy-sign-in.ts';
import { requireSecondFactor } from './accounts/second-factor/requirement.ts';
import { purgeGroups } from './admin/group-removal.ts';
import { sweepTokens } from './bots/operations.ts';
import { EARLY_ROUTES } from './composition/early-routes.ts';
import { settleIn } from './composition/route-hooks.ts';
import type { Core } from './core.ts';
import { digestMail, lookForDigests } from './digest/digests.ts';
import { FileSweep } from './files/sweep.ts';
import { announceGroupChanges } from './groups/changes.ts';
import { announceMembershipChanges } from './groups/membership.ts';
import { finishFirstAccount } from './groups/operations.ts';
import { readSidebar, roster } from './groups/roster.ts';
import { underBasePath } from './http/base-path.ts';
import { type BodyLimits, openBodyBudget } from './http/body-budget.ts';
import { fastPath, type Refusals } from './http/fast-path.ts';
import { openHostCheck } from './http/host.ts';
import { createKoa } from './http/koa.ts';
import { createListener, type HttpListener, KEEP_ALIVE_MS, REQUEST_MS } from './http/listener.ts';
import type { RouteContext } from './http/route-context.ts';
import { createRouter, type ListedRoute, listedRoutes } from './http/route-table.ts';
import { sweepCursors } from './live/all-groups/cursor-checkpoint.ts';
import { Hub } from './live/hub.ts';
import { scrubDue } from './log/scrub.ts';
import { Mailer } from './mail/mailer.ts';
import { post } from './messages/operations.ts';
import { markPosted } from './messages/read-mark.ts';
import { Pusher, type PusherOptions } from './push/pusher.ts';
import { type RetentionOptions, RetentionSweep } from './retention/sweep.ts';
import { DEV_ROUTES, fastRoutes, LATE_ROUTES } from './routes.ts';
import { ScheduledMessages } from './scheduled/worker.ts';
import { KEPT_MS } from './security/event.ts';
import { staticFiles } from './site/routes.ts';
import { createViews } from './views/render.ts';
import { Deliveries, type DeliveryOptions } from './webhooks/outgoing/deliveries.ts';

export { type CoreOptions, type OpenCore, openCore } from './open-core.ts';

/** How long requests in progress may take to finish after a stop signal. */
const STOP_GRACE_MS = 6000;
/** Longer than the keep-alive timeout plus the 1 s that Node.js adds: until then a client may reuse an idle connection. */
const LEAVE_GRACE_MS = KEEP_ALIVE_MS + 2000;

export type ServerOptions = {
  readonly isDev?: boolean;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
  readonly frameMaxMs?: number;
  /** Lifetime of a presence lease; renewed at each heartbeat. */
  readonly leaseMs?: number;
  /** Interval of the sweep: scrubs erased texts, removes unused files, completes writes that a crash interrupted. */
  readonly sweepMs?: number;
  /** Limits on bodies of people who are not logged in. */
  readonly bodyLimits?: Partial<BodyLimits>;
  readonly retention?: RetentionOptions;
} & DeliveryOptions &
  PusherOptions;

export type OpenServer = {
  readonly http: Server;
  readonly hub: Hub;
  readonly deliveries: Deliveries;
  readonly pusher: Pusher;
  readonly mailer: Mailer;
  readonly scheduled: ScheduledMessages;
  /** All routes, for tests that each is documented and requires authentication. */
  routes(): readonly ListedRoute[];
  /** Runs the sweep once. */
  sweep(): Promise<void>;
  /**
   * Moves its clients to other processes without refusing a request: stops accepting connections, ends streams, and answers requests on open
   * connections with `Connection: close`. Idle connections are closed after 12 s; a request in progress, such as an upload, may take its full
   * time (30 min). Resolves when no connection is open; then call `close`.
   */
  leave(): Promise<void>;
  /** Stops accepting connections, ends streams, waits for requests to finish. Does not close the core. */
  close(): Promise<void>;
};

/** The HTTP server over a core. `listener` may accept connections already: it holds their requests, which are handled first. */
export async function openServer(
  core: Core,
  options: ServerOptions = {},
  listener: HttpListener = createListener(core),
): Promise<OpenServer> {
  const isDev = options.isDev ?? false;
  const views = createViews({ dev: isDev, now: core.now, basePath: core.config.basePath, site: () => core.site.identity });
  const renderMembers = async (group: Parameters<typeof roster>[1]) =>
    views.render('groups/_members.njk', { members: await roster(core, group) });
  const renderSidebar = (sidebar: object) => views.render('groups/_sidebar.njk', { sidebar });
  const hub = new Hub({ core, views, renderMembers, renderSidebar, ...options });
  await finishFirstAccount(core);
  await hub.start();
  await core.indexer.start();
  core.conversion.start();

  const deps: RouteContext = { core, views, hub, readSidebar: (user, current) => readSidebar(core, user, current) };
  const refusals: Refusals = new WeakMap();
  const checkHost = openHostCheck(core.config);
  const early = [...EARLY_ROUTES, ...(isDev ? DEV_ROUTES : [])];
  const koa = createKoa(deps, {
    files: closeWhenStopping(hub, staticFiles(deps)),
    ...{ refusals, checkHost },
    bodyBudget: openBodyBudget(options.bodyLimits),
    admit: [proxySignIn(core, (user) => settleIn(core, user)), requireSecondFactor(core)],
    early: early.map((entry) => createRouter(entry, deps)),
    late: LATE_ROUTES.map((entry) => createRouter(entry, deps)),
  });
  const { http } = listener;
  void core.store.startWriterThread?.(); // not before the server listens: it takes as much processor time as a tenth of the start
  listener.open(underBasePath(core.config.basePath, fastPath(koa, deps, { routes: fastRoutes(), refusals, checkHost })));

  const deliveries = new Deliveries(core, options);
  const pusher = new Pusher(core, options);
  const mailer = new Mailer(core, views, {
    ...{ confirm: confirmMail, reset: resetMails, invite: inviteMail, notice: noticeMail },
    digest: digestMail,
  });
  mailer.wake();
  deliveries.wake(); // a process that crashed may have left some
  const scheduled = new ScheduledMessages(core, { post: postLater });
  await scheduled.start();
  const [files, retention] = [new FileSweep(core), new RetentionSweep(core, options.retention)];
  const sweep = () => sweepOnce(core, { deliveries, files, retention, mailer, scheduled });
  const timer = setInterval(() => void sweep(), options.sweepMs ?? 5000).unref();
  const closeIdle = (): void => {
    http.closeIdleConnections();
    listener.closeIdle();
  };
  const leave = async (): Promise<void> => {
    // Not http.close(): it closes idle connections at once, possibly while a request is in transit.
    const gone = new Promise<void>((resolve) => Listener.prototype.close.call(http, () => resolve()));
    await hub.close();
    await Promise.race([gone, delay(LEAVE_GRACE_MS, undefined, { ref: false })]);
    const idle = setInterval(closeIdle, 50);
    await Promise.race([gone, delay(REQUEST_MS, undefined, { ref: false })]);
    clearInterval(idle);
  };
  const close = async (): Promise<void> => {
    clearInterval(timer);
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    const delivered = Promise.all([deliveries.stop(), pusher.stop(), mailer.stop(), scheduled.stop()]);
    await hub.close();
    if (isDev) http.closeAllConnections();
    const idle = setInterval(closeIdle, 50); // a busy connection becomes idle after its response
    const forceClose = setTimeout(() => http.closeAllConnections(), STOP_GRACE_MS); // a client that never reads would block the shutdown
    await closed;
    clearInterval(idle);
    clearTimeout(forceClose);
    await delivered;
  };
  const routes = () => listedRoutes([...early, ...LATE_ROUTES]);
  return { http, hub, deliveries, pusher, mailer, scheduled, routes, sweep, leave, close };
}

/** As `post`; to its author the message is not unread where they had read everything before it. A reminder is. */
const postLater: typeof post = async (core, at, input) => {
  const posted = await post(core, at, input);
  if (input.as === undefined) markPosted(core, at, posted.message, 'thread');
  return posted;
};

/** While the server stops, every response has `Connection: close`. */
const closeWhenStopping =
  (hub: Hub, next: Middleware): Middleware =>
  async (ctx, others) => {
    try {
      await next(ctx, others);
    } finally {
      if (hub.isClosing) ctx.set('Connection', 'close');
    }
  };

type Sweeps = {
  readonly deliveries: Deliveries;
  readonly files: FileSweep;
  readonly retention: RetentionSweep;
  readonly mailer: Mailer;
  readonly scheduled: ScheduledMessages;
};

async function sweepOnce(core: Core, { deliveries, files, retention, mailer, scheduled }: Sweeps): Promise<void> {
  try {
    await deliveries.sweep();
    await retention.run();
    await scrubDue(core);
    await files.run();
    await announceMembershipChanges(core);
    await announceGroupChanges(core);
    await lookForDigests(core);
    mailer.wake();
    scheduled.wake();
    await core.site.reload();
    await purgeGroups(core);
    await core.store.links.sweep(core.now());
    await core.store.ephemerals.sweep(core.now());
    await core.store.sessions.sweep(core.now());
    await core.store.oauthGrants.sweep(core.now());
    await core.store.oauthClients.sweep(core.now());
    await core.store.security.sweep(core.now() - KEPT_MS);
    await sweepTokens(core);
    await sweepCursors(core);
  } catch (error) {
    core.logger.warn({ err: error }, 'sweep failed; it runs again at the next interval');
  }
}
