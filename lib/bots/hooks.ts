import type { Context } from 'koa';
import { Router } from '../http/router.ts';
import type { Web } from '../http/web.ts';
import type { Door } from './hook-door.ts';

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

/** What Discord's URLs may end in, by which its webhooks take another dialect. */
const isDialect = (word: string | undefined): boolean => word === 'slack' || word === 'github';

/** Only the token decides; what clients want beside it may be anything. */
function doorOf(ctx: Context & { params: Record<string, string | undefined> }): Door | undefined {
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
export function hookRoutes(web: Pick<Web, 'core' | 'views'>): Router {
  const router = new Router();
  for (const path of PATHS) {
    for (const method of ['post', 'put'] as const)
      router[method](path, async (ctx) => (await import('./hook-receive.ts')).receive(ctx, web.core, doorOf(ctx)));
    router.get(path, async (ctx) => (await import('./hook-page.ts')).explain(ctx, web, doorOf(ctx)));
    router.all(path, (ctx) => {
      ctx.status = 405;
      ctx.set({ Allow: 'GET, HEAD, POST, PUT', 'Cache-Control': 'no-store' });
      ctx.type = 'text/plain';
      ctx.body = 'A webhook is posted to: curl -d "hello" URL\n';
    });
  }
  return router;
}
