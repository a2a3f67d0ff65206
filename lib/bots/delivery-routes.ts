import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { openGroup, openManagedGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { viewerOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { asUserId } from '../ids.ts';
import { findDelivery, listDeliveries, sendAgain } from '../webhooks/outgoing/operations.ts';
import { deliveryJson, rowsOf, showDelivery } from './delivery-pages.ts';
import { deliveriesQuery } from './forms.ts';
import { managedBot } from './operations.ts';

type Ctx = Context & { params: Record<string, string | undefined> };

const DELIVERIES = '/groups/:slug/bots/:id/deliveries';

/** The deliveries of a bot's outgoing webhook as pages and JSON: list, read, send again. */
export function deliveryRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get(DELIVERIES, async (ctx) => {
    const { bot, path } = await openBot(ctx, deps);
    const json = async () => {
      const { deliveries, older = null } = await listDeliveries(core, bot, parseQuery(deliveriesQuery, ctx));
      const rows = await rowsOf(core, deliveries);
      return { deliveries: deliveries.map((one, index) => deliveryJson(one, rows[index])), older };
    };
    await respond(ctx, { html: () => seeOther(ctx, path), json });
  });

  router.get(`${DELIVERIES}/:delivery`, async (ctx) => {
    const { at, bot } = await openBot(ctx, deps);
    await showDelivery(ctx, deps, at, bot, await findDelivery(core, bot, ctx.params.delivery ?? ''));
  });

  router.post(`${DELIVERIES}/:delivery/again`, async (ctx) => {
    const { bot, path } = await openBot(ctx, deps);
    const { delivery: id = '' } = ctx.params;
    await sendAgain(core, bot, id);
    const json = async () => {
      const delivery = await findDelivery(core, bot, id);
      const [row] = await rowsOf(core, [delivery]);
      ctx.status = 202;
      return deliveryJson(delivery, row);
    };
    await respond(ctx, { html: () => seeOther(ctx, `${path}/deliveries/${id}`), json });
  });
  return router;
}

/** Authorizes managers of the group, by session or token, and the bot itself if it is a member. Errors: `unauthenticated`, `notFound`, `forbidden`. */
async function openBot(ctx: Ctx, { core }: RouteContext): Promise<{ readonly at: GroupAccess; readonly bot: User; readonly path: string }> {
  const { user } = viewerOf(ctx);
  const { slug = '', id = '' } = ctx.params;
  const isItself = user.bot && user.id === asUserId(id);
  const at = isItself ? await openGroup(core, user, slug) : await openManagedGroup(core, user, slug);
  const bot = isItself ? user : await managedBot(core, at, asUserId(id));
  return { at, bot, path: `/groups/${at.group.slug}/bots/${bot.id}` };
}
