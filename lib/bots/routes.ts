import type { Context } from 'koa';
import { z } from 'zod';
import { forbidden, notFound } from '../errors.ts';
import { openManagedGroup } from '../groups/operations.ts';
import type { Standing } from '../groups/rules.ts';
import { originOf } from '../http/context.ts';
import { sessionViewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, fieldError, noStore, renderPage, seeOther } from '../http/reply.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session.ts';
import type { Web } from '../http/web.ts';
import { asUserId } from '../ids.ts';
import type { User } from '../store/port.ts';
import * as bots from './operations.ts';

const text = z.string('must be text').max(1000, 'must have 1000 characters at most');
const botForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('create'), name: text }),
  z.object({ action: z.enum(['rotate', 'revoke']), user: text }),
]);

type Made = { readonly name: string; readonly hook: string; readonly token: string; readonly curl: string };
type Shown = { readonly create?: { readonly name: string; readonly error: FieldError }; readonly made?: Made };

/** The bots of a group, for those who manage it. */
export function botRoutes(web: Web): Router {
  const { core } = web;
  const router = new Router();

  router.get('/groups/:slug/bots', async (ctx) => {
    const at = await openManagedGroup(core, sessionViewerOf(ctx).user, ctx.params.slug ?? '');
    await showBots(ctx, web, at);
  });

  router.post('/groups/:slug/bots', async (ctx) => {
    const at = await openManagedGroup(core, sessionViewerOf(ctx).user, ctx.params.slug ?? '');
    const form = await parse(botForm, ctx);
    if (form.action === 'create') return create(ctx, web, at, form.name);
    const bot = await botIn(web, at, form.user);
    if (form.action === 'rotate')
      return showBots(ctx, web, at, { made: shown(originOf(ctx, core.config), bot.name, await bots.rotateBot(core, at.user.id, bot)) });
    await bots.revokeBot(core, at.user.id, bot);
    setFlash(ctx, `${bot.name} is revoked.`);
    seeOther(ctx, `/groups/${at.group.slug}/bots`);
  });
  return router;
}

async function create(ctx: Context, web: Web, at: Standing, name: string): Promise<void> {
  try {
    const { user, ...secrets } = await bots.createBot(web.core, at.user.id, { name, group: at.group });
    await showBots(ctx, web, at, { made: shown(originOf(ctx, web.core.config), user.name, secrets) });
  } catch (error) {
    await showBots(ctx, web, at, { create: { name, error: fieldError(ctx, error) } });
  }
}

/** A bot of this very group: a moderator here has no say over bots elsewhere, nor over one whose secrets open other groups too. */
async function botIn({ core }: Web, at: Standing, id: string): Promise<User> {
  const bot = (await bots.botsOf(core, at.group)).find((user) => user.id === asUserId(id));
  if (!bot) throw notFound('There is no such bot in this group.');
  const reaches = await bots.groupsOf(core, bot);
  if (!at.user.admin && [...reaches].some((group) => group !== at.group.id))
    throw forbidden(`${bot.name} is in other groups too: only an administrator can do that.`);
  return bot;
}

function shown(origin: string, name: string, { hook, token }: bots.BotSecrets): Made {
  const url = `${origin}${hook}`;
  return { name, hook: url, token, curl: `curl -d "Hello from ${name.replace(/["$`\\!]/g, '')}" ${url}` };
}

async function showBots(ctx: Context, web: Web, { group }: Standing, more: Shown = {}): Promise<void> {
  noStore(ctx);
  const list = (await bots.botsOf(web.core, group)).map(({ id, name, color, createdAt }) => ({ id, name, color, createdAt }));
  renderPage(ctx, web.views, 'bots/index.njk', `Bots in ${group.name}`, {
    group,
    bots: list,
    create: { name: '', error: null },
    made: null,
    ...more,
  });
}
