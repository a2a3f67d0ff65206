import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { openGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { isHtmx, siteUrlOf } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { noStore, renderFragment, renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { bodyText, filesOf } from '../log/body-text.ts';
import { readMessage } from '../log/history.ts';
import { emojiJson, isOnlyEmoji } from '../markup/emoji.ts';
import { renderBody } from '../markup/html.ts';
import { EVERYBODY } from '../markup/mentions.ts';
import { quoteOf } from '../markup/quote.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import { type Version, type Versions, versionsOf } from './edit-history.ts';
import { versionsQuery } from './forms.ts';
import { seqFrom } from './links.ts';
import { dateFields, type Profiles } from './presenter.ts';
import { type Ctx, seqOf } from './responses.ts';

/** Routes for the versions of a message, the quotation for a reply, and the emoji table for completion. */
export function editHistoryRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');

  router.get('/groups/:slug/messages/:seq/history', async (ctx) => {
    const at = await open(ctx);
    const { before } = parseQuery(versionsQuery, ctx);
    await respondWithVersions(ctx, deps, { at, seq: seqOf(ctx), before }, await versionsOf(core, at, seqOf(ctx), before));
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
  const name = (await core.directory.profiles([author])).get(author)?.shownName ?? 'somebody';
  const text = bodyText(folded) || (filesOf(folded)[0]?.name ?? '');
  return quoteOf({ name, text, url: `${siteUrlOf(ctx, core.config)}/groups/${at.group.slug}/messages/${seq}` });
}

/** The initial text of the composer for `?quote=<seq>` or `?emoji=<emoji>`; empty when there is no such message or emoji. */
export async function quotedIn(ctx: Context, core: Core, at: GroupAccess): Promise<string> {
  const { quote, emoji } = ctx.query;
  if (typeof emoji === 'string' && isOnlyEmoji(emoji)) return emoji;
  const seq = seqFrom(quote);
  return seq === undefined ? '' : quotation(ctx, core, at, seq).catch(() => '');
}

async function respondWithVersions(
  ctx: Context,
  { core, views }: RouteContext,
  { at, seq, before }: { readonly at: GroupAccess; readonly seq: number; readonly before: number | undefined },
  { versions, older }: Versions,
): Promise<void> {
  const url = `/groups/${at.group.slug}/messages/${seq}/history`;
  const olderUrl = older === undefined ? null : `${url}?before=${older}`;
  if (olderUrl) ctx.set('Link', `<${siteUrlOf(ctx, core.config)}${olderUrl}>; rel="prev"`);
  const profiles: Profiles = await core.directory.profiles(new Set(versions.flatMap(({ mentions }) => mentions)));
  await respond(ctx, {
    html: async () => {
      const earlier = before === undefined ? versions.slice(0, -1) : versions; // without the current text
      const shown = await Array.fromAsync(earlier.toReversed(), (version) => presentVersion(core, version, profiles));
      const locals = { group: at.group, seq, versions: shown, older: olderUrl };
      if (isHtmx(ctx)) renderFragment(ctx, views, 'messages/_versions.njk', locals);
      else renderPage(ctx, views, 'messages/history.njk', t`Earlier versions`, locals);
    },
    json: () => Array.fromAsync(versions, (version) => versionJson(core, version, profiles)),
    text: () => versions.map(({ at: time, body }) => `${dateFields(time).iso}\t${body.replaceAll('\n', '\n  ')}\n`).join(''),
  });
}

/** A version for templates/messages/_versions.njk. */
const presentVersion = async (core: Core, { seq, at, body, format, mentions }: Version, profiles: Profiles) => ({
  seq,
  ...dateFields(at),
  html: await core.scheduler.run(() =>
    renderBody(
      body,
      format,
      mentions.flatMap((id) => (id === EVERYBODY.id ? EVERYBODY : (profiles.get(id) ?? []))),
    ),
  ),
});

/** A version as JSON. */
export const versionJson = async (core: Core, version: Version, profiles: Profiles) => ({
  seq: version.seq,
  at: dateFields(version.at).iso,
  body: version.format === 'model' ? bodyAsText(version.body, version.format) : version.body,
  format: version.format,
  html: (await presentVersion(core, version, profiles)).html,
});
