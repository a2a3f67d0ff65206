import type { Context } from 'koa';
import { openGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { declaredTextFormat } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { resolveActions } from './actions/resolve.ts';
import { upsertForm } from './forms.ts';
import { respondWithMessage } from './responses.ts';
import { eraseByKey, readByKey, upsert } from './upsert.ts';

type Ctx = Context & { params: Record<string, string | undefined> };

/** `/groups/:slug/by-key/:key`: the message that a client keeps up to date under its own key. */
export function upsertRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const path = '/groups/:slug/by-key/:key';
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
  const keyOf = (ctx: Ctx): string => ctx.params.key ?? '';

  router.put(path, async (ctx) => {
    const at = await open(ctx);
    const { body, format: given, actions: asked, quiet } = await parse(upsertForm, ctx);
    const format = declaredTextFormat(ctx, given);
    const actions = asked && (await resolveActions(core, at, asked));
    const { folded, isNew } = await upsert(core, at, keyOf(ctx), { body, quiet, actions, ...(format ? { format } : {}) });
    await respondWithMessage(ctx, deps, at, folded, { status: isNew ? 201 : 200, isWritten: true });
  });

  router.get(path, async (ctx) => {
    const at = await open(ctx);
    await respondWithMessage(ctx, deps, at, await readByKey(core, at, keyOf(ctx)));
  });

  router.delete(path, async (ctx) => {
    const at = await open(ctx);
    await respondWithMessage(ctx, deps, at, await eraseByKey(core, at, keyOf(ctx)));
  });
  return router;
}
