import type { Context } from 'koa';
import { z } from 'zod';
import { myGroups, readSidebar } from '../groups/roster.ts';
import { mayPost } from '../groups/rules.ts';
import { shortText, text } from '../http/fields.ts';
import { viewerOf } from '../http/identity.ts';
import { check, parse, parseQuery } from '../http/input.ts';
import { receiveForm } from '../http/multipart.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { randomId } from '../ids.ts';
import { t } from '../language/text.ts';
import { MAX_FILES } from '../log/entry.ts';

const shared = (one: typeof text) => z.object({ title: one.default(''), text: one.default(''), url: one.default('') });
const sharedForm = shared(text);
const sharedQuery = shared(shortText);
type Shared = z.infer<typeof sharedForm>;

/**
 * `/share`: what another app shares with the installed one (Web Share Target). The page has a field with the text and a button for each group, which
 * posts there by the group's own route. Files come by the service worker, which has taken them from the request; without one they are chosen again.
 */
export function shareRoutes(deps: RouteContext): Router {
  const router = new Router();
  router.get('/share', async (ctx) => {
    viewerOf(ctx);
    await showShare(ctx, deps, parseQuery(sharedQuery, ctx), 0);
  });
  router.post('/share', async (ctx) => {
    viewerOf(ctx);
    const { fields, files } = await readShared(ctx, deps);
    await showShare(ctx, deps, check(sharedForm, fields), files.length);
  });
  return router;
}

/** The fields of a form; its files are counted and dropped. Errors: those of `parse` and receiveForm. */
async function readShared(ctx: Context, { core: { config } }: RouteContext) {
  const received: { readonly fields: Record<string, string>; readonly files: true[] } = { fields: {}, files: [] };
  if (!/^multipart\/form-data/i.test(ctx.get('Content-Type'))) return { ...received, fields: await parse(sharedForm, ctx) };
  await receiveForm({ source: ctx.req, type: ctx.get('Content-Type') }, { fileBytes: config.maxUploadBytes }, received, drop);
  return received;
}

async function drop(bytes: AsyncIterable<Uint8Array>): Promise<true> {
  for await (const _ of bytes);
  return true;
}

async function showShare(ctx: Context, { core, views }: RouteContext, { title, text: body, url }: Shared, dropped: number): Promise<void> {
  noStore(ctx);
  const { user } = viewerOf(ctx);
  const mine = await myGroups(core, user, { all: true });
  const groups = mine
    .filter(({ group, membership }) => mayPost({ user, group, membership }))
    .sort((a, b) => b.group.head.at - a.group.head.at)
    .map(({ group: { slug, name }, face }) => ({ slug, name, face }));
  const parts = [title, body, url].map((part) => part.trim()).filter((part, at, all) => part !== '' && all.indexOf(part) === at);
  renderPage(ctx, views, 'push/share.njk', t`Share`, {
    sidebar: await readSidebar(core, user, undefined, mine),
    ...{ groups, dropped, body: parts.join('\n'), key: randomId(core.random, 24) },
    ...{ maxFiles: MAX_FILES, fileBytes: core.config.maxUploadBytes },
  });
}
