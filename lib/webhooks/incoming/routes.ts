import type { Context } from 'koa';
import type { FastRoute } from '../../http/fast-path.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import type { HookAddress } from './authenticate.ts';

/** The URLs of webhooks: Parley's own, and the forms that clients of other chats build or require. */
const PATHS = [
  '/hooks/:token',
  '/hooks/:id/:token', // Rocket.Chat; or /hooks/:token/slack
  '/hooks/:id/:token/:as',
  '/services/:token',
  '/services/:id/:bot/:token', // Slack
  '/api/webhooks/:id/:token', // Discord
  '/api/webhooks/:id/:token/:as',
  '/api/:version/webhooks/:id/:token',
  '/api/:version/webhooks/:id/:token/:as',
];

/** Discord's URLs for editing a posted message. */
const MESSAGES = [
  '/hooks/:token/messages/:message',
  '/api/webhooks/:id/:token/messages/:message',
  '/api/:version/webhooks/:id/:token/messages/:message',
];

/** Whether a suffix of a Discord URL selects another payload format. */
const isDialect = (word: string | undefined): boolean => word === 'slack' || word === 'github';

/** The token in a URL. All other path segments are ignored, except the format suffix. */
function addressOf(ctx: Context & { params: Record<string, string | undefined> }): HookAddress | undefined {
  const { id, token = '', as } = ctx.params;
  if (as !== undefined && !isDialect(as)) return undefined;
  const isShort = as === undefined && isDialect(token) && ctx.path.startsWith('/hooks/');
  const isDiscord = ctx.path.startsWith('/api/') && as === undefined;
  return { token: isShort ? (id ?? '') : token, isDiscord };
}

/**
 * Incoming webhooks: anyone who knows the URL posts as its bot into its group. Never redirects. The handlers are loaded with the first request,
 * to keep the start fast.
 */
export function hookRoutes(deps: Pick<RouteContext, 'core' | 'views'>): Router {
  const router = new Router();
  const receive = receiver();
  for (const path of MESSAGES) {
    for (const method of ['get', 'patch', 'delete'] as const)
      router[method](path, async (ctx) => {
        const { token = '', message = '' } = ctx.params;
        await (await import('./edit.ts')).handleMessage(ctx, deps.core, token, message);
      });
    router.all(path, (ctx) => refuseMethod(ctx, 'GET, HEAD, PATCH, DELETE'));
  }
  for (const path of PATHS) {
    for (const method of ['post', 'put'] as const) router[method](path, (ctx) => receive(ctx, deps.core, addressOf(ctx)));
    router.get(path, async (ctx) => (await import('./page.ts')).explain(ctx, deps, addressOf(ctx)));
    router.all(path, (ctx) => refuseMethod(ctx, 'GET, HEAD, POST, PUT'));
  }
  return router;
}

type Receive = typeof import('./receive.ts').receive;

/** Caches the loaded module, since a repeated `import()` costs more than authentication. */
function receiver(): Receive {
  let receive: Receive | undefined;
  return async (ctx, core, address) => {
    receive ??= (await import('./receive.ts')).receive;
    await receive(ctx, core, address);
  };
}

/** Fast-path routes for the common forms of a webhook's URL. A URL without a valid token goes through the middleware. */
export function fastHooks(): FastRoute[] {
  const receive = receiver();
  const fast = (pattern: string, path: RegExp, isDiscord = false): FastRoute => ({
    method: 'POST',
    path,
    pattern,
    kind: 'data',
    handle: (deps, ctx, token) => receive(ctx, deps.core, { token, isDiscord }),
  });
  return [
    fast('/hooks/:token', /^\/hooks\/([A-Za-z0-9]{32,128})(?:\?|$)/),
    fast('/services/:id/:bot/:token', /^\/services\/[^/?#%]+\/[^/?#%]+\/([A-Za-z0-9]{32,128})(?:\?|$)/),
    fast('/api/webhooks/:id/:token', /^\/api\/webhooks\/[^/?#%]+\/([A-Za-z0-9]{32,128})(?:\?|$)/, true),
  ];
}

function refuseMethod(ctx: Context, allowed: string): void {
  ctx.status = 405;
  ctx.set({ Allow: allowed, 'Cache-Control': 'no-store' });
  ctx.type = 'text/plain';
  ctx.body = 'Send a POST request to this webhook: curl -d "hello" URL\n';
}
