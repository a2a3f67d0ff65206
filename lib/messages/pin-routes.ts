import type { Context } from 'koa';
import { openGroup } from '../groups/operations.ts';
import { type GroupAccess, mayManage } from '../groups/rules.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { pinForm } from './forms.ts';
import { pin, readPins } from './pins.ts';
import { messageJson, messageText, presentRow } from './presenter.ts';
import { type Ctx, respondWithMessage, seqOf } from './responses.ts';
import { contextOfMessages } from './threads/context.ts';

/** Routes that list, add and remove pins. */
export function pinRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');

  router.get('/groups/:slug/pins', async (ctx) => listPins(ctx, deps, await open(ctx)));

  router.post('/groups/:slug/messages/:seq/pin', async (ctx) => {
    const at = await open(ctx);
    const { on } = await parse(pinForm, ctx);
    await respondWithMessage(ctx, deps, at, await pin(core, at, seqOf(ctx), on === '1'));
  });

  for (const [method, on] of [
    ['put', true],
    ['delete', false],
  ] as const)
    router[method]('/groups/:slug/messages/:seq/pin', async (ctx) => {
      const at = await open(ctx);
      await respondWithMessage(ctx, deps, at, await pin(core, at, seqOf(ctx), on));
    });
  return router;
}

async function listPins(ctx: Context, { core, views }: RouteContext, at: GroupAccess): Promise<void> {
  const pinned = await readPins(core, at.group.id);
  const context = await contextOfMessages(core, pinned);
  await respond(ctx, {
    html: async () => {
      const rows = await Array.fromAsync(pinned, (folded) => presentRow(core, folded, at.group, context));
      const locals = { group: at.group, rows, moderator: mayManage(at) };
      renderPage(ctx, views, 'messages/pins.njk', t`Pinned in ${at.group.name}`, locals);
    },
    json: () => Array.fromAsync(pinned, (folded) => messageJson(core, folded, at.group, context, at.user.id)),
    text: async () => (await Array.fromAsync(pinned, async (folded) => `${await messageText(core, folded, context.profiles)}\n`)).join(''),
  });
}
