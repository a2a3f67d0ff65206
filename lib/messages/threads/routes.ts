import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { invalid } from '../../errors.ts';
import { openGroup } from '../../groups/operations.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { isHtmx, siteUrlOf } from '../../http/context.ts';
import { viewerOf } from '../../http/identity.ts';
import { parse, parseQuery } from '../../http/input.ts';
import { noStore, renderFragment, renderPage, respond, seeOther } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { setFlash } from '../../http/session-data.ts';
import { t } from '../../language/text.ts';
import { readMessage } from '../../log/history.ts';
import { followForm, savedQuery, threadQuery, threadReadForm } from '../forms.ts';
import { threadUrl } from '../links.ts';
import { type Ctx, listBodies, seqOf } from '../responses.ts';
import { cursorOf, positionOf } from '../saved.ts';
import { contextsOf } from './context.ts';
import { readFollowed } from './followed.ts';
import { followedJson, followedText, followJson, presentFollowed } from './followed-presenter.ts';
import { follow, markThreadRead } from './follows.ts';
import { linkOlder, showThread } from './page.ts';
import { readThreadPage } from './read-page.ts';
import { rootOf } from './related.ts';

/** The page of a thread, at any of its messages; following threads, and the list of those that are followed. */
export function threadRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  router.get('/groups/:slug/messages/:seq/thread', async (ctx) => {
    const at = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    const { before } = parseQuery(threadQuery, ctx);
    const seq = seqOf(ctx);
    const thread = await readThreadPage(core, at.group.id, seq, before);
    linkOlder(ctx, core, at, thread);
    await respond(ctx, {
      html: () => showThread(ctx, deps, at, thread, { seq, before }),
      ...listBodies(core, at, thread.messages),
    });
  });

  router.post('/groups/:slug/messages/:seq/thread/follow', async (ctx) => {
    const { at, root } = await openThread(core, ctx);
    const { on, back } = await parse(followForm, ctx);
    await follow(core, at, root, on === '1');
    await respondToFollow(ctx, deps, { at, root, follows: on === '1', back });
  });

  router.post('/groups/:slug/messages/:seq/thread/read', async (ctx) => {
    const { at, root } = await openThread(core, ctx);
    const read = await markThreadRead(core, at, root, (await parse(threadReadForm, ctx)).seq);
    const done = () => {
      ctx.status = 204;
    };
    await respond(ctx, { html: done, json: () => read, text: () => null });
  });

  router.get('/threads', (ctx) => listFollowed(ctx, deps));
  return router;
}

/** The thread that the message in the path is in, or begins. Errors: `notFound`. */
async function openThread(core: Core, ctx: Ctx): Promise<{ readonly at: GroupAccess; readonly root: number }> {
  const at = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
  const { message } = await readMessage(core, at.group.id, seqOf(ctx));
  return { at, root: rootOf(message) };
}

type FollowResult = { readonly at: GroupAccess; readonly root: number; readonly follows: boolean; readonly back: 'threads' | undefined };

function respondToFollow(ctx: Context, { core, views }: RouteContext, { at, root, follows, back }: FollowResult): Promise<void> {
  const url = threadUrl(at.group, root);
  return respond(ctx, {
    html: () => {
      if (isHtmx(ctx)) return renderFragment(ctx, views, 'messages/_follow.njk', { thread: url, follows });
      setFlash(ctx, follows ? t`You follow this thread: its replies notify you.` : t`You no longer follow this thread.`);
      seeOther(ctx, back === 'threads' ? '/threads' : url);
    },
    json: () => followJson(follows, core.config.basePath + url),
    text: () => null,
  });
}

async function listFollowed(ctx: Context, { core, views }: RouteContext): Promise<void> {
  const { user } = viewerOf(ctx);
  const { cursor, limit } = parseQuery(savedQuery, ctx);
  const after = cursor === undefined ? undefined : positionOf(cursor);
  if (cursor !== undefined && !after) throw invalid('cursor', t`cursor must be the one in \`next\`.`);
  const { threads, next } = await readFollowed(core, user, { limit, after });
  const older = next ? `/threads?${new URLSearchParams({ cursor: cursorOf(next), limit: String(limit) })}` : null;
  if (older) ctx.set('Link', `<${siteUrlOf(ctx, core.config)}${older}>; rel="next"`);
  const contextOf = await contextsOf(
    core,
    threads.map(({ root }) => root),
  );
  await respond(ctx, {
    html: async () => {
      noStore(ctx);
      const items = await Array.fromAsync(threads, (one) => presentFollowed(core, one, contextOf(one.root)));
      renderPage(ctx, views, 'messages/threads.njk', t`Threads`, { items, older, isFirst: after === undefined });
    },
    json: async () => ({
      results: await Array.fromAsync(threads, (one) => followedJson(core, one, contextOf(one.root))),
      next: older && core.config.basePath + older,
    }),
    text: async () => (await Array.fromAsync(threads, (one) => followedText(core, one, contextOf(one.root)))).join(''),
  });
}
