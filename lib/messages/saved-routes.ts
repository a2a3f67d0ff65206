import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { openGroup } from '../groups/operations.ts';
import { isHtmx, siteUrlOf } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { renderFragment, renderPage, respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { savedQuery, saveForm } from './forms.ts';
import { contextUrl, returnUrl } from './links.ts';
import { messageJson, messageText, presentRow } from './presenter.ts';
import { type Ctx, seqOf } from './responses.ts';
import { cursorOf, positionOf, readSaved, type SavedMessage, save } from './saved.ts';
import { contextsOf, type RowContext } from './threads/context.ts';

/** Routes of the saved messages of a user. */
export function savedRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.post('/groups/:slug/messages/:seq/save', async (ctx: Ctx) => {
    const at = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    const { on, back } = await parse(saveForm, ctx);
    await save(core, at, seqOf(ctx), on === '1');
    await respondToSave(ctx, deps, { slug: at.group.slug, seq: seqOf(ctx), isSaved: on === '1', back });
  });

  router.get('/saved', (ctx) => listSaved(ctx, deps));
  return router;
}

type SaveResult = { readonly slug: string; readonly seq: number; readonly isSaved: boolean; readonly back: 'saved' | undefined };

function respondToSave(ctx: Context, { core, views }: RouteContext, { slug, seq, isSaved, back }: SaveResult): Promise<void> {
  const url = `/groups/${slug}/messages/${seq}`;
  return respond(ctx, {
    html: () => {
      if (isHtmx(ctx)) return renderFragment(ctx, views, 'messages/_save.njk', { u: url, saved: isSaved });
      setFlash(ctx, isSaved ? t`Saved. Your saved messages are in the menu, under Saved.` : t`Removed from your saved messages.`);
      seeOther(ctx, back === 'saved' ? '/saved' : returnUrl(slug, seq));
    },
    json: () => saveStateJson(isSaved, core.config.basePath + url),
    text: () => null,
  });
}

async function listSaved(ctx: Context, { core, views }: RouteContext): Promise<void> {
  const { user } = viewerOf(ctx);
  const { cursor, limit } = parseQuery(savedQuery, ctx);
  const after = cursor === undefined ? undefined : positionOf(cursor);
  if (cursor !== undefined && !after) throw invalid('cursor', t`cursor must be the one in \`next\`.`);
  const { kept, next } = await readSaved(core, user, { limit, after });
  const contextOf = await contextsOf(
    core,
    kept.map(({ folded }) => folded),
  );
  const older = next ? `/saved?${new URLSearchParams({ cursor: cursorOf(next), limit: String(limit) })}` : null;
  if (older) ctx.set('Link', `<${siteUrlOf(ctx, core.config)}${older}>; rel="next"`);
  await respond(ctx, {
    html: async () => {
      const items = await Array.fromAsync(kept, async (one) => ({
        ...about(one),
        row: await presentRow(core, one.folded, one.group, contextOf(one.folded)),
      }));
      renderPage(ctx, views, 'messages/saved.njk', t`Saved messages`, { items, older, isFirst: after === undefined });
    },
    json: async () => ({
      results: await Array.fromAsync(kept, (one) => savedJson(core, one, contextOf(one.folded))),
      next: older && core.config.basePath + older,
    }),
    text: async () =>
      (
        await Array.fromAsync(
          kept,
          async ({ group, folded }) => `${group.slug} ${await messageText(core, folded, contextOf(folded).profiles)}\n`,
        )
      ).join(''),
  });
}

/** Whether a message is saved, as JSON. */
export const saveStateJson = (saved: boolean, url: string) => ({ saved, url });

/** A saved message as JSON. */
export const savedJson = async (core: Core, { group, folded, at }: SavedMessage, context: RowContext) => ({
  ...(await messageJson(core, folded, group, context)),
  group_name: group.name,
  saved_at: new Date(at).toISOString(),
  context: core.config.basePath + contextUrl(group, folded.message.seq),
});

/** Fields of templates/messages/saved.njk besides the row. */
const about = ({ group, folded, at }: SavedMessage) => ({
  group: { slug: group.slug, name: group.name },
  at,
  context: contextUrl(group, folded.message.seq),
});
