import type { Context } from 'koa';
import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import { forbidden, invalid, notFound } from '../errors.ts';
import { openManagedGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { stateOf } from '../http/context.ts';
import { sessionViewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { type FieldError, fieldError, noStore, noTransform, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session.ts';
import { asUserId } from '../ids.ts';
import { findDelivery, sendAgain } from '../webhooks/outgoing/operations.ts';
import { runAction } from './actions.ts';
import { showDelivery } from './delivery-pages.ts';
import { botForm, botsForm, deliveriesQuery } from './forms.ts';
import * as bots from './operations.ts';
import { hookMade, type IssuedSecrets, secretsMade, showBot } from './pages.ts';

type Ctx = Context & { params: Record<string, string | undefined> };
type Typed = { readonly name: string; readonly error: FieldError };
type Shown = { readonly create?: Typed; readonly bring?: Typed; readonly made?: IssuedSecrets };

/** The bots of a group, and a page for each, for those who manage the group. */
export function botRoutes(web: RouteContext): Router {
  const { core } = web;
  const router = new Router();
  const managed = (ctx: Ctx): Promise<GroupAccess> => openManagedGroup(core, sessionViewerOf(ctx).user, ctx.params.slug ?? '');
  const opened = async (ctx: Ctx) => {
    const at = await managed(ctx);
    return { at, bot: await botIn(web, at, ctx.params.id ?? ''), here: `/groups/${at.group.slug}/bots/${ctx.params.id}` };
  };

  router.get('/groups/:slug/bots', async (ctx) => showBots(ctx, web, await managed(ctx)));

  router.post('/groups/:slug/bots', async (ctx) => {
    const at = await managed(ctx);
    const form = await parse(botsForm, ctx);
    if (form.action === 'create') return create(ctx, web, at, form.name);
    if (form.action === 'bring') return bring(ctx, web, at, form.name);
    const bot = await botIn(web, at, form.user);
    if (form.action === 'rotate')
      return showBots(ctx, web, at, { made: secretsMade(ctx, core, bot.name, await bots.rotateBot(core, at.user.id, bot)) });
    await bots.revokeBot(core, at.user.id, bot);
    setFlash(ctx, `${bot.name} is revoked.`);
    seeOther(ctx, `/groups/${at.group.slug}/bots`);
  });

  router.get('/groups/:slug/bots/:id', async (ctx) => {
    const { at, bot } = await opened(ctx);
    await showBot(ctx, web, at, bot, parseQuery(deliveriesQuery, ctx).before);
  });

  router.post('/groups/:slug/bots/:id', async (ctx) => {
    const { at, bot, here } = await opened(ctx);
    await runAction(ctx, web, { at, bot, here }, await parse(botForm, ctx), stateOf(ctx).fields ?? {});
  });

  router.get('/groups/:slug/bots/:id/deliveries/:delivery', async (ctx) => {
    const { at, bot } = await opened(ctx);
    await showDelivery(ctx, web, at, bot, await findDelivery(core, bot, ctx.params.delivery ?? ''));
  });

  router.post('/groups/:slug/bots/:id/deliveries/:delivery/again', async (ctx) => {
    const { bot, here } = await opened(ctx);
    const { delivery = '' } = ctx.params;
    await sendAgain(core, bot, delivery);
    seeOther(ctx, `${here}/deliveries/${delivery}`);
  });
  return router;
}

async function create(ctx: Context, web: RouteContext, at: GroupAccess, name: string): Promise<void> {
  try {
    const { user, ...secrets } = await bots.createBot(web.core, at.user.id, { name, group: at.group });
    await showBots(ctx, web, at, { made: secretsMade(ctx, web.core, user.name, secrets) });
  } catch (error) {
    await showBots(ctx, web, at, { create: { name, error: fieldError(ctx, error) } });
  }
}

/** A bot that is elsewhere comes into this group, with a webhook of its own here. */
async function bring(ctx: Context, web: RouteContext, at: GroupAccess, name: string): Promise<void> {
  if (!at.user.admin) throw forbidden('Only an administrator can bring a bot from another group.');
  try {
    const user = await web.core.store.users.byNameKey(nameKey(name));
    if (!user?.bot) throw invalid('name', `There is no bot named ${name.slice(0, 64)}.`);
    const made = await bots.addToGroup(web.core, at.user.id, user, at.group);
    await showBots(ctx, web, at, { made: hookMade(ctx, web.core, user.name, made) });
  } catch (error) {
    await showBots(ctx, web, at, { bring: { name, error: fieldError(ctx, error) } });
  }
}

/** A bot of this very group: a moderator here has no say over bots elsewhere, nor over one whose secrets open other groups too. */
async function botIn({ core }: RouteContext, at: GroupAccess, id: string): Promise<User> {
  const bot = (await bots.botsOf(core, at.group)).find((user) => user.id === asUserId(id));
  if (!bot) throw notFound('There is no such bot in this group.');
  const reaches = await bots.groupsOf(core, bot);
  if (!at.user.admin && [...reaches].some((group) => group !== at.group.id))
    throw forbidden(`${bot.name} is in other groups too: only an administrator can do that.`);
  return bot;
}

async function showBots(ctx: Context, web: RouteContext, { group, user }: GroupAccess, more: Shown = {}): Promise<void> {
  noStore(ctx);
  const list = (await bots.botsOf(web.core, group)).map(({ id, name, color, createdAt }) => ({ id, name, color, createdAt }));
  const nothing = { name: '', error: null };
  const page = { group, bots: list, isAdmin: user.admin, create: nothing, bring: nothing, made: null, ...more };
  if (page.made) noTransform(ctx);
  renderPage(ctx, web.views, 'bots/index.njk', `Bots in ${group.name}`, page);
}
