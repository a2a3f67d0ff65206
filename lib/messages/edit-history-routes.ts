import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { openGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { isHtmx, originOf } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { noStore, renderFragment, renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { bodyText, filesOf } from '../log/body-text.ts';
import { readMessage } from '../log/history.ts';
import { emojiJson } from '../markup/emoji.ts';
import { renderBody } from '../markup/html.ts';
import { EVERYBODY } from '../markup/mentions.ts';
import { quoteOf } from '../markup/quote.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import { type Version, versionsOf } from './edit-history.ts';
import { dateFields, type Profiles } from './presenter.ts';
import { type Ctx, seqOf } from './responses.ts';

/** Routes for the versions of a message, the quotation for a reply, and the emoji table for completion. */
export function editHistoryRoutes(web: RouteContext): Router {
  const { core } = web;
  const router = new Router();
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');

  router.get('/groups/:slug/messages/:seq/history', async (ctx) => {
    const at = await open(ctx);
    await respondWithVersions(ctx, web, at, seqOf(ctx), await versionsOf(core, at, seqOf(ctx)));
  });

  router.get('/groups/:slug/messages/:seq/quote', async (ctx) => {
    const at = await open(ctx);
    noStore(ctx);
    ctx.type = 'text/plain';
    ctx.body = await quotation(ctx, core, at, seqOf(ctx));
  });
  // The same for every user; changes only with a release.
  router.get('/emoji', (ctx) => {
    viewerOf(ctx);
    ctx.set('Cache-Control', 'private, max-age=86400');
    ctx.type = 'json';
    ctx.body = emojiJson();
  });
  return router;
}

/** The text that a reply to a message starts with. Errors: `notFound`. */
export async function quotation(ctx: Context, core: Core, at: GroupAccess, seq: number): Promise<string> {
  const folded = await readMessage(core, at.group.id, seq);
  const { author } = folded.message;
  const name = (await core.directory.profiles([author])).get(author)?.name ?? 'somebody';
  const text = bodyText(folded) || (filesOf(folded)[0]?.name ?? '');
  return quoteOf({ name, text, url: `${originOf(ctx, core.config)}/groups/${at.group.slug}/messages/${seq}` });
}

async function respondWithVersions(
  ctx: Context,
  { core, views }: RouteContext,
  at: GroupAccess,
  seq: number,
  versions: readonly Version[],
): Promise<void> {
  const profiles: Profiles = await core.directory.profiles(new Set(versions.flatMap(({ mentions }) => mentions)));
  await respond(ctx, {
    html: () => {
      const locals = { group: at.group, seq, versions: versions.map((version) => presentVersion(version, profiles)) };
      if (isHtmx(ctx)) renderFragment(ctx, views, 'messages/_versions.njk', locals);
      else renderPage(ctx, views, 'messages/history.njk', 'Earlier versions', locals);
    },
    json: () => versions.map((version) => versionJson(version, profiles)),
    text: () => versions.map(({ at: time, body }) => `${dateFields(time).iso}\t${body.replaceAll('\n', '\n  ')}\n`).join(''),
  });
}

/** A version for templates/messages/_versions.njk. */
const presentVersion = ({ seq, at, body, format, mentions }: Version, profiles: Profiles) => ({
  seq,
  ...dateFields(at),
  html: renderBody(
    body,
    format,
    mentions.flatMap((id) => (id === EVERYBODY.id ? EVERYBODY : (profiles.get(id) ?? []))),
  ),
});

/** A version as JSON. */
export const versionJson = (version: Version, profiles: Profiles) => ({
  seq: version.seq,
  at: dateFields(version.at).iso,
  body: version.format === 'model' ? bodyAsText(version.body, version.format) : version.body,
  format: version.format,
  html: presentVersion(version, profiles).html,
});
