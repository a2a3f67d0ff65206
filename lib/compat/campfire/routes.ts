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

/** Campfire's bot protocol (once-campfire, config/routes.rb): what each path takes, and which call it is. */
const PATHS = {
  [MESSAGES]: { get: 'list', post: 'say' },
  [`${MESSAGES}/:id`]: { patch: 'edit', put: 'edit', delete: 'erase' },
  [`${MESSAGES}/:id/boosts`]: { post: 'boost' },
  [`${MESSAGES}/:id/boosts/:boost`]: { delete: 'unboost' },
} as const;

/**
 * The six calls of Campfire's bots, so that a bot written for it needs another host and nothing else. The key in the path says who asks; nobody is ever
 * redirected. What answers them is loaded with the first call.
 */
export function campfireRoutes(web: RouteContext): Router {
  const router = new Router();
  for (const [path, calls] of Object.entries(PATHS)) {
    for (const [method, call] of Object.entries(calls))
      router.register(path, [method], async (ctx) => {
        beginAnswer(ctx);
        await (await import('./handlers.ts')).handleCall(ctx, web, call);
      });
    router.all(path, (ctx) => {
      beginAnswer(ctx);
      ctx.set('Allow', Object.keys(calls).join(', ').toUpperCase());
      ctx.throw(405);
    });
  }
  return router;
}

/** JSON is what these calls speak, errors too, unless text is liked better. The address has a key in it, so nothing may keep it or pass it on. */
function beginAnswer(ctx: Context): void {
  stateOf(ctx).format = ctx.accepts(['json', 'text']) === 'text' ? 'text' : 'json';
  ctx.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
}

/** Where Campfire says that a message is (`message.path` of its webhooks), for people: leads to the message here. */
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
