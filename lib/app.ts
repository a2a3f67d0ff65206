import type { Server } from 'node:http';
import { Server as Listener } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Middleware } from 'koa';
import { sweepTokens } from './bots/operations.ts';
import type { Core } from './core.ts';
import { FileSweep } from './files/sweep.ts';
import { finishChanges } from './groups/changes.ts';
import { announceMembershipChanges } from './groups/membership.ts';
import { finishFirstAccount } from './groups/operations.ts';
import { roster } from './groups/roster.ts';
import { fastPath, type Refusals } from './http/fast-path.ts';
import { createKoa } from './http/koa.ts';
import { createListener, type HttpListener, KEEP_ALIVE_MS, REQUEST_MS } from './http/listener.ts';
import type { RouteContext } from './http/route-context.ts';
import { createRouter, type ListedRoute, listedRoutes } from './http/route-table.ts';
import { sweepCursors } from './live/all-groups/cursor-checkpoint.ts';
import { Hub } from './live/hub.ts';
import { scrubDue } from './log/scrub.ts';
import { Pusher, type PusherOptions } from './push/pusher.ts';
import { DEV_ROUTES, EARLY_ROUTES, fastRoutes, LATE_ROUTES } from './routes.ts';
import { staticFiles } from './site/routes.ts';
import { createViews } from './views/render.ts';
import { Deliveries, type DeliveryOptions } from './webhooks/outgoing/deliveries.ts';

export { type CoreOptions, type OpenCore, openCore } from './open-core.ts';

/** How long requests under way may take to finish once the server is told to stop. */
const STOP_GRACE_MS = 6000;
/** Longer than an idle connection lives (its timeout and the second that Node.js adds): until then its client may be about to use it. */
const LEAVE_GRACE_MS = KEEP_ALIVE_MS + 2000;

export type ServerOptions = {
  readonly isDev?: boolean;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
  readonly frameMaxMs?: number;
  /** How long a page counts as open without word of the process that has it; renewed at each heartbeat. */
  readonly leaseMs?: number;
  /** How often what is due is looked for: erased texts, lines that a crash left out. */
  readonly sweepMs?: number;
} & DeliveryOptions &
  PusherOptions;

export type OpenServer = {
  readonly http: Server;
  readonly hub: Hub;
  readonly deliveries: Deliveries;
  readonly pusher: Pusher;
  /** The table of its routes, for whoever checks that all of them are described and guarded. */
  routes(): readonly ListedRoute[];
  /** Does now what the sweep does from time to time. */
  sweep(): Promise<void>;
  /**
   * Lets its clients go to other processes, and refuses none: stops accepting, ends streams, answers what still comes on open connections
   * and asks those clients to make new ones. Idle connections are closed after 12 s; a request that has begun, such as an upload, goes on for as long as
   * any may take (30 min). Resolves when no connection is left; then `close`.
   */
  leave(): Promise<void>;
  /** Stops accepting, ends streams, lets requests finish. Leaves the core open. */
  close(): Promise<void>;
};

/** The web server over a core, behind a front that may be listening already: what was asked of it till now is answered first. */
export async function openServer(core: Core, options: ServerOptions = {}, front: HttpListener = createListener()): Promise<OpenServer> {
  const isDev = options.isDev ?? false;
  const views = createViews({ dev: isDev });
  const renderMembers = async (group: Parameters<typeof roster>[1]) =>
    views.render('groups/_members.njk', { members: await roster(core, group) });
  const renderSidebar = (sidebar: object) => views.render('groups/_sidebar.njk', { sidebar });
  const hub = new Hub({ core, views, renderMembers, renderSidebar, ...options });
  await finishFirstAccount(core);
  await hub.start();
  core.indexer.start();

  const web: RouteContext = { core, views, hub };
  const refusals: Refusals = new WeakMap();
  const early = [...EARLY_ROUTES, ...(isDev ? DEV_ROUTES : [])];
  const koa = createKoa(web, {
    files: lastAnswers(hub, staticFiles(web)),
    refusals,
    early: early.map((entry) => createRouter(entry, web)),
    late: LATE_ROUTES.map((entry) => createRouter(entry, web)),
  });
  const { http } = front;
  front.open(fastPath(koa, web, fastRoutes(), refusals));

  const deliveries = new Deliveries(core, options);
  const pusher = new Pusher(core, options);
  deliveries.wake(); // a process that died may have left some
  const files = new FileSweep(core);
  const sweep = () => sweepOnce(core, deliveries, files);
  const timer = setInterval(() => void sweep(), options.sweepMs ?? 5000).unref();
  const closeIdle = (): void => {
    http.closeIdleConnections();
    front.closeIdle();
  };
  const leave = async (): Promise<void> => {
    // Not http.close(), which closes idle connections at once, maybe under a request that is on its way.
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
    const delivered = Promise.all([deliveries.stop(), pusher.stop()]);
    await hub.close();
    if (isDev) http.closeAllConnections();
    const idle = setInterval(closeIdle, 50); // one that was busy is idle once it has its answer
    const impatience = setTimeout(() => http.closeAllConnections(), STOP_GRACE_MS); // a reader that never reads would hold the end up for ever
    await closed;
    clearInterval(idle);
    clearTimeout(impatience);
    await delivered;
  };
  const routes = () => listedRoutes([...early, ...LATE_ROUTES]);
  return { http, hub, deliveries, pusher, routes, sweep, leave, close };
}

/** Every answer of a server that stops asks its client to make a new connection next time. */
const lastAnswers =
  (hub: Hub, next: Middleware): Middleware =>
  async (ctx, others) => {
    try {
      await next(ctx, others);
    } finally {
      if (hub.isClosing) ctx.set('Connection', 'close');
    }
  };

async function sweepOnce(core: Core, deliveries: Deliveries, files: FileSweep): Promise<void> {
  try {
    await deliveries.sweep();
    await scrubDue(core);
    await files.run();
    await announceMembershipChanges(core);
    await finishChanges(core);
    await core.store.sessions.sweep(core.now());
    await sweepTokens(core);
    await sweepCursors(core);
  } catch (error) {
    core.logger.warn({ err: error }, 'the sweep failed; it will try again');
  }
}
