import type { Context } from 'koa';
import { stateOf } from '../http/context.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';

/**
 * `/mcp`: the Model Context Protocol over streamable HTTP, for agents. Without sessions: each request says who it is by its token, and any process
 * answers it. The protocol's library is loaded with the first request.
 */
export function mcpRoutes(deps: RouteContext): Router {
  const router = new Router();
  let handle: Promise<(ctx: Context) => Promise<void>> | undefined;
  router.register('/mcp', ['POST', 'GET', 'DELETE'], async (ctx) => {
    stateOf(ctx).format = 'json'; // of errors
    ctx.set('Cache-Control', 'no-store');
    handle ??= import('./handler.ts').then(({ openHandler }) => openHandler(deps));
    await (await handle)(ctx);
  });
  return router;
}
