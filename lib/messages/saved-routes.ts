import type { Context } from 'koa';
import { invalid } from '../errors.ts';
import { openGroup } from '../groups/operations.ts';
import { isHtmx, originOf, speech } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noStore, renderPage, seeOther } from '../http/reply.ts';
import type { Web } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session.ts';
import { savedQuery, saveForm } from './forms.ts';
import { contextUrl } from './links.ts';
import { messageJson, messageText, peopleIn, presentRow } from './presenter.ts';
import { type Ctx, seqOf } from './responses.ts';
import { cursorOf, type Kept, placeOf, readSaved, save } from './saved.ts';

/** What each user has put by, for themselves alone. */
export function savedRoutes(web: Web): Router {
  const { core } = web;
  const router = new Router();

  router.post('/groups/:slug/messages/:seq/save', async (ctx: Ctx) => {
    const at = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    const { on, back } = await parse(saveForm, ctx);
    await save(core, at, seqOf(ctx), on === '1');
    answerSave(ctx, web, { slug: at.group.slug, seq: seqOf(ctx), isSaved: on === '1', back });
  });

  router.get('/saved', (ctx) => listSaved(ctx, web));
  return router;
}

type Switched = { readonly slug: string; readonly seq: number; readonly isSaved: boolean; readonly back: 'saved' | undefined };

function answerSave(ctx: Context, { views }: Web, { slug, seq, isSaved, back }: Switched): void {
  noStore(ctx);
  const how = speech(ctx);
  if (how === 'json') ctx.body = { saved: isSaved, url: `/groups/${slug}/messages/${seq}` };
  else if (how !== 'html') ctx.status = 204;
  else if (isHtmx(ctx)) {
    ctx.type = 'html';
    ctx.body = views.render('saved/_save.njk', { u: `/groups/${slug}/messages/${seq}`, saved: isSaved });
  } else {
    setFlash(ctx, isSaved ? 'Saved. Your saved messages are in the menu, under Saved.' : 'Not saved any more.');
    seeOther(ctx, back === 'saved' ? '/saved' : `/groups/${slug}#m-${seq}`);
  }
}

async function listSaved(ctx: Context, { core, views }: Web): Promise<void> {
  noStore(ctx);
  const { cursor, limit } = parseQuery(savedQuery, ctx);
  const after = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && !after) throw invalid('cursor', 'cursor must be as `next` gave it.');
  const { kept, next } = await readSaved(core, viewerOf(ctx).user, { limit, after });
  const faces = await core.directory.faces(peopleIn(kept.map(({ folded }) => ({ type: 'message', folded }))));
  const older = next ? `/saved?${new URLSearchParams({ cursor: cursorOf(next), limit: String(limit) })}` : null;
  if (older) ctx.set('Link', `<${originOf(ctx, core.config)}${older}>; rel="next"`);
  const how = speech(ctx);
  if (how === 'html') {
    const items = kept.map((one) => ({ ...about(one), row: presentRow(one.folded, one.group, faces, core.now()) }));
    renderPage(ctx, views, 'saved/index.njk', 'Saved messages', { items, older, isFirst: after === undefined });
  } else if (how === 'text') {
    ctx.type = 'text/plain';
    ctx.body = kept.map(({ group, folded }) => `${group.slug} ${messageText(folded, faces)}\n`).join('');
  } else {
    const results = kept.map((one) => ({
      ...messageJson(one.folded, one.group, faces),
      group_name: one.group.name,
      saved_at: new Date(one.at).toISOString(),
      context: contextUrl(one.group, one.folded.message.seq),
    }));
    ctx.body = { results, next: older };
  }
}

/** What templates/saved/index.njk prints besides the row. */
const about = ({ group, folded, at }: Kept) => ({
  group: { slug: group.slug, name: group.name },
  at,
  context: contextUrl(group, folded.message.seq),
});
