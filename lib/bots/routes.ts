import type { Context } from 'koa';
import { nameKey } from '../accounts/account.ts';
import { checkAccountRate, checkTotal, MAX_BOTS } from '../accounts/rates.ts';
import { forbidden, invalid } from '../errors.ts';
import { openManagedGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { stateOf } from '../http/context.ts';
import { sessionViewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { type FieldError, fieldError, noStore, noTransform, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { asUserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { runAction } from './actions.ts';
import { botForm, botQuery, botsForm } from './forms.ts';
import * as bots from './operations.ts';
import { hookMade, type IssuedSecrets, secretsMade, showBot } from './pages.ts';

type Ctx = Context & { params: Record<string, string | undefined> };
type Typed = { readonly name: string; readonly error: FieldError };
type Shown = { readonly create?: Typed; readonly bring?: Typed; readonly made?: IssuedSecrets };

/** The page of a group's bots and the page of each bot, for managers of the group. */
export function botRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const managed = (ctx: Ctx): Promise<GroupAccess> => openManagedGroup(core, sessionViewerOf(ctx).user, ctx.params.slug ?? '');
  const opened = async (ctx: Ctx) => {
    const at = await managed(ctx);
    return {
      at,
      bot: await bots.managedBot(core, at, asUserId(ctx.params.id ?? '')),
      here: `/groups/${at.group.slug}/bots/${ctx.params.id}`,
    };
  };

  router.get('/groups/:slug/bots', async (ctx) => showBots(ctx, deps, await managed(ctx)));

  router.post('/groups/:slug/bots', async (ctx) => {
    const at = await managed(ctx);
    const form = await parse(botsForm, ctx);
    if (form.action === 'create') return create(ctx, deps, at, form.name);
    if (form.action === 'bring') return bring(ctx, deps, at, form.name);
    const bot = await bots.managedBot(core, at, asUserId(form.user));
    if (form.action === 'rotate') {
      await checkAccountRate(core, at.user, 'bots');
      return showBots(ctx, deps, at, { made: secretsMade(ctx, core, bot.name, await bots.rotateBot(core, at.user.id, bot)) });
    }
    await bots.revokeBot(core, at.user.id, bot);
    setFlash(ctx, t`${bot.name} is revoked.`);
    seeOther(ctx, `/groups/${at.group.slug}/bots`);
  });

  router.get('/groups/:slug/bots/:id', async (ctx) => {
    const { at, bot } = await opened(ctx);
    await showBot(ctx, deps, at, bot, parseQuery(botQuery, ctx).before);
  });

  router.post('/groups/:slug/bots/:id', async (ctx) => {
    const { at, bot, here } = await opened(ctx);
    await runAction(ctx, deps, { at, bot, path: here }, await parse(botForm, ctx), stateOf(ctx).fields ?? {});
  });
  return router;
}

async function create(ctx: Context, deps: RouteContext, at: GroupAccess, name: string): Promise<void> {
  try {
    await checkAccountRate(deps.core, at.user, 'bots');
    checkTotal(
      at.user,
      (await bots.botsOf(deps.core, at.group)).length,
      MAX_BOTS,
      t`This group has ${MAX_BOTS} bots, which is the limit. Revoke one first.`,
    );
    const { user, ...secrets } = await bots.createBot(deps.core, at.user.id, { name, group: at.group });
    await showBots(ctx, deps, at, { made: secretsMade(ctx, deps.core, user.name, secrets) });
  } catch (error) {
    await showBots(ctx, deps, at, { create: { name, error: fieldError(ctx, error) } });
  }
}

/** Adds an existing bot to this group, with an incoming webhook for it. */
async function bring(ctx: Context, deps: RouteContext, at: GroupAccess, name: string): Promise<void> {
  if (!at.user.admin) throw forbidden(t`Only an administrator can add a bot from another group.`);
  try {
    const user = await deps.core.store.users.byNameKey(nameKey(name));
    if (!user?.bot) throw invalid('name', t`There is no bot named ${name.slice(0, 64)}.`);
    const made = await bots.addToGroup(deps.core, at.user.id, user, at.group);
    await showBots(ctx, deps, at, { made: hookMade(ctx, deps.core, user.name, made) });
  } catch (error) {
    await showBots(ctx, deps, at, { bring: { name, error: fieldError(ctx, error) } });
  }
}

async function showBots(ctx: Context, deps: RouteContext, { group, user }: GroupAccess, more: Shown = {}): Promise<void> {
  noStore(ctx);
  const list = (await bots.botsOf(deps.core, group)).map(({ id, name, color, createdAt }) => ({ id, name, color, createdAt }));
  const nothing = { name: '', error: null };
  const page = { group, bots: list, isAdmin: user.admin, create: nothing, bring: nothing, made: null, ...more };
  if (page.made) noTransform(ctx);
  renderPage(ctx, deps.views, 'bots/index.njk', t`Bots in ${group.name}`, page);
}
