import type { Context } from 'koa';
import { openGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { declaredTextFormat } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { readPosted } from '../log/history.ts';
import { markPosted } from '../messages/read-mark.ts';
import { respondWithMessage } from '../messages/responses.ts';
import type { OpenDraft } from './draft.ts';
import { beginForm, commitForm, updateForm } from './forms.ts';
import { abandon, begin, commit, update } from './operations.ts';
import { draftJson } from './presenter.ts';

type Ctx = Context & { params: Record<string, string | undefined> };

/** `/groups/:slug/drafts`: messages that are shown while they are written. For programs. */
export function draftRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const [drafts, draft] = ['/groups/:slug/drafts', '/groups/:slug/drafts/:draft'];
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '', core.lookupCache); // cached: the log checks again
  const idOf = (ctx: Ctx): string => ctx.params.draft ?? '';
  const respondWithDraft = (ctx: Ctx, at: GroupAccess, one: OpenDraft): Promise<void> => {
    const json = draftJson(one, { slug: at.group.slug, basePath: core.config.basePath });
    return respond(ctx, { json: () => json, text: () => `${json.url}\n` });
  };

  router.post(drafts, async (ctx) => {
    const at = await open(ctx);
    const { body, format, reply_to: replyTo } = await parse(beginForm, ctx);
    const made = await begin(core, at, { body, format: declaredTextFormat(ctx, format) ?? 'text', replyTo });
    ctx.status = 201;
    ctx.set('Location', `/groups/${at.group.slug}/drafts/${made.id}`);
    await respondWithDraft(ctx, at, made);
  });

  router.patch(draft, async (ctx) => {
    const at = await open(ctx);
    const { append, body = '' } = await parse(updateForm, ctx);
    await respondWithDraft(ctx, at, await update(core, at, idOf(ctx), append === undefined ? { body } : { append }));
  });

  router.delete(draft, async (ctx) => {
    await abandon(core, await open(ctx), idOf(ctx));
    ctx.status = 204;
  });

  router.post(`${draft}/commit`, async (ctx) => {
    const at = await open(ctx);
    const { body, format, reply_to: replyTo, notify_all: notifyAll } = await parse(commitForm, ctx);
    const { message, isNew } = await commit(core, at, idOf(ctx), {
      ...{ replyTo, notifyAll },
      ...(body === undefined ? {} : { body }),
      ...formatOf(ctx, format),
    });
    if (viewerOf(ctx).via === 'session') markPosted(core, at, message);
    const status = isNew ? 201 : 200;
    await respondWithMessage(ctx, deps, at, await readPosted(core, message, isNew), { status, isWritten: true });
  });
  return router;
}

function formatOf(ctx: Context, given: 'text' | 'markdown' | undefined): { format?: 'text' | 'markdown' } {
  const format = declaredTextFormat(ctx, given);
  return format === undefined ? {} : { format };
}
