import type { Context } from 'koa';
import { notFound } from '../../errors.ts';
import { stateOf } from '../../http/context.ts';
import { viewerOf } from '../../http/identity.ts';
import { noStore, seeOther } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { readMessage } from '../../log/history.ts';
import { asMember, idIn } from './authenticate.ts';

const MESSAGES = '/rooms/:room/:key/messages';

/** Campfire's bot protocol (once-campfire, config/routes.rb): the methods of each path and their calls. */
const PATHS = {
  [MESSAGES]: { get: 'list', post: 'post' },
  [`${MESSAGES}/:id`]: { patch: 'edit', put: 'edit', delete: 'erase' },
  [`${MESSAGES}/:id/boosts`]: { post: 'boost' },
  [`${MESSAGES}/:id/boosts/:boost`]: { delete: 'unboost' },
} as const;

/**
 * The six calls of Campfire's bot protocol, so that a bot written for Campfire only needs another host. The key in the path authenticates; calls are
 * never redirected. The handlers are loaded with the first call.
 */
export function campfireRoutes(deps: RouteContext): Router {
  const router = new Router();
  for (const [path, calls] of Object.entries(PATHS)) {
    for (const [method, call] of Object.entries(calls))
      router.register(path, [method], async (ctx) => {
        setResponseFormat(ctx);
        await (await import('./handlers.ts')).handleCall(ctx, deps, call);
      });
    router.all(path, (ctx) => {
      setResponseFormat(ctx);
      ctx.set('Allow', Object.keys(calls).join(', ').toUpperCase());
      ctx.throw(405);
    });
  }
  return router;
}

/** Sets the format: JSON, also for errors, unless the client prefers text. The URL contains a key, so it must be neither cached nor sent as a referrer. */
function setResponseFormat(ctx: Context): void {
  stateOf(ctx).format = ctx.accepts(['json', 'text']) === 'text' ? 'text' : 'json';
  ctx.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
}

/** `/rooms/:room/@:id`, Campfire's path of a message (`message.path` of its webhooks): redirects people to the message. */
export function campfireLinks({ core }: Pick<RouteContext, 'core'>): Router {
  const router = new Router();
  router.get('/rooms/:room/@:id', async (ctx) => {
    const { room = '', id = '' } = ctx.params;
    const { group } = await asMember(core, viewerOf(ctx).user, room, core.lookupCache.fresh());
    const { message } = await readMessage(core, group.id, idIn(id) ?? notThere());
    noStore(ctx);
    seeOther(ctx, `/groups/${group.slug}/messages/${message.seq}`);
  });
  return router;
}

function notThere(): never {
  throw notFound();
}
