import type { Context } from 'koa';
import type { FastRoute } from '../../http/fast-path.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import type { HookAddress } from './authenticate.ts';

/** Where webhooks are posted to: our own URL, and what clients of other chats make of it or insist on. */
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

/** Where Discord's clients change what they have posted: behind the URL that they were given. */
const MESSAGES = [
  '/hooks/:token/messages/:message',
  '/api/webhooks/:id/:token/messages/:message',
  '/api/:version/webhooks/:id/:token/messages/:message',
];

/** What Discord's URLs may end in, by which its webhooks take another dialect. */
const isDialect = (word: string | undefined): boolean => word === 'slack' || word === 'github';

/** Only the token decides; what clients want beside it may be anything. */
function doorOf(ctx: Context & { params: Record<string, string | undefined> }): HookAddress | undefined {
  const { id, token = '', as } = ctx.params;
  if (as !== undefined && !isDialect(as)) return undefined;
  const isShort = as === undefined && isDialect(token) && ctx.path.startsWith('/hooks/');
  const isDiscord = ctx.path.startsWith('/api/') && as === undefined;
  return { token: isShort ? (id ?? '') : token, isDiscord };
}

/**
 * Incoming webhooks: whoever knows the URL posts as its bot into its group. Never a redirect. What reads them is loaded with the first one, since a start
 * need not wait for it.
 */
export function hookRoutes(web: Pick<RouteContext, 'core' | 'views'>): Router {
  const router = new Router();
  const receive = receiver();
  for (const path of MESSAGES) {
    for (const method of ['get', 'patch', 'delete'] as const)
      router[method](path, async (ctx) => {
        const { token = '', message = '' } = ctx.params;
        await (await import('./edit.ts')).handleMessage(ctx, web.core, token, message);
      });
    router.all(path, (ctx) => refuseMethod(ctx, 'GET, HEAD, PATCH, DELETE'));
  }
  for (const path of PATHS) {
    for (const method of ['post', 'put'] as const) router[method](path, (ctx) => receive(ctx, web.core, doorOf(ctx)));
    router.get(path, async (ctx) => (await import('./page.ts')).explain(ctx, web, doorOf(ctx)));
    router.all(path, (ctx) => refuseMethod(ctx, 'GET, HEAD, POST, PUT'));
  }
  return router;
}

type Receive = typeof import('./receive.ts').receive;

/** Remembers what it has loaded: to ask for a module again costs more than to find out who posts. */
function receiver(): Receive {
  let receive: Receive | undefined;
  return async (ctx, core, door) => {
    receive ??= (await import('./receive.ts')).receive;
    await receive(ctx, core, door);
  };
}

/** Posting to the usual forms of a webhook's URL, taken before all layers. What is no token goes through them, to be told so. */
export function fastHooks(): FastRoute[] {
  const receive = receiver();
  const hot = (pattern: string, path: RegExp, isDiscord = false): FastRoute => ({
    method: 'POST',
    path,
    pattern,
    kind: 'data',
    handle: (web, ctx, token) => receive(ctx, web.core, { token, isDiscord }),
  });
  return [
    hot('/hooks/:token', /^\/hooks\/([A-Za-z0-9]{32,128})(?:\?|$)/),
    hot('/services/:id/:bot/:token', /^\/services\/[^/?#%]+\/[^/?#%]+\/([A-Za-z0-9]{32,128})(?:\?|$)/),
    hot('/api/webhooks/:id/:token', /^\/api\/webhooks\/[^/?#%]+\/([A-Za-z0-9]{32,128})(?:\?|$)/, true),
  ];
}

function refuseMethod(ctx: Context, allowed: string): void {
  ctx.status = 405;
  ctx.set({ Allow: allowed, 'Cache-Control': 'no-store' });
  ctx.type = 'text/plain';
  ctx.body = 'A webhook is posted to: curl -d "hello" URL\n';
}
