import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { accountRoutes } from './accounts/routes.ts';
import { adminRoutes } from './admin/routes.ts';
import { hookRoutes } from './bots/hooks.ts';
import { botRoutes } from './bots/routes.ts';
import type { Core } from './core.ts';
import { finishLines } from './groups/membership.ts';
import { settleFirstAccount } from './groups/operations.ts';
import { roster } from './groups/roster.ts';
import { groupRoutes } from './groups/routes.ts';
import { createKoa } from './http/koa.ts';
import type { Web } from './http/web.ts';
import { Hub } from './live/hub.ts';
import { liveRoutes } from './live/routes.ts';
import { groupsIndexRoutes } from './messages/index-routes.ts';
import { messageRoutes } from './messages/routes.ts';
import { scrubDue } from './messages/scrub.ts';
import { devRoutes, healthRoutes, staticFiles } from './site/routes.ts';
import { createViews } from './views/render.ts';

export { type CoreOptions, type OpenCore, openCore } from './open-core.ts';

/** How long requests under way may take to finish once the server is told to stop. */
const STOP_GRACE_MS = 6000;

export type ServerOptions = {
  readonly isDev?: boolean;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
  /** How often what is due is looked for: erased texts, lines that a crash left out. */
  readonly sweepMs?: number;
};

export type OpenServer = {
  readonly http: Server;
  readonly hub: Hub;
  /** Does now what the sweep does from time to time. */
  sweep(): Promise<void>;
  /** Stops accepting, ends streams, lets requests finish. Leaves the core open. */
  close(): Promise<void>;
};

/** The web server over a core; not listening yet. */
export async function openServer(core: Core, options: ServerOptions = {}): Promise<OpenServer> {
  const isDev = options.isDev ?? false;
  const views = createViews({ dev: isDev });
  const renderMembers = async (group: Parameters<typeof roster>[1]) =>
    views.render('groups/_members.njk', { members: await roster(core, group) });
  const hub = new Hub({ core, views, renderMembers, ...timing(options) });
  await settleFirstAccount(core);
  await hub.start();

  const web: Web = { core, views, hub };
  const afterSignUp = () => settleFirstAccount(core);
  const koa = createKoa(web, {
    files: staticFiles(web),
    early: [healthRoutes(web), hookRoutes(web), liveRoutes(web), ...(isDev ? [devRoutes()] : [])],
    late: [
      accountRoutes(web, { afterSignUp }),
      groupsIndexRoutes(web),
      groupRoutes(web),
      botRoutes(web),
      messageRoutes(web),
      adminRoutes(web),
    ],
  });
  const http = createServer({ requestTimeout: 60_000, headersTimeout: 20_000, keepAliveTimeout: 10_000 }, koa.callback());

  const sweep = () => sweepOnce(core);
  const timer = setInterval(() => void sweep(), options.sweepMs ?? 5000).unref();
  const close = async (): Promise<void> => {
    clearInterval(timer);
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    await hub.close();
    if (isDev) http.closeAllConnections();
    const idle = setInterval(() => http.closeIdleConnections(), 50); // one that was busy is idle once it has its answer
    const impatience = setTimeout(() => http.closeAllConnections(), STOP_GRACE_MS); // a reader that never reads would hold the end up for ever
    await closed;
    clearInterval(idle);
    clearTimeout(impatience);
  };
  return { http, hub, sweep, close };
}

const timing = ({ heartbeatMs, probeMs }: ServerOptions) => ({
  ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
  ...(probeMs === undefined ? {} : { probeMs }),
});

async function sweepOnce(core: Core): Promise<void> {
  try {
    await scrubDue(core);
    await finishLines(core);
    await core.store.sessions.sweep(core.now());
  } catch (error) {
    core.log.warn({ err: error }, 'the sweep failed; it will try again');
  }
}
