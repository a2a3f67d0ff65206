import type { Context } from 'koa';
import type { z } from 'zod';
import { afterCommand } from '../commands/typed.ts';
import { DomainError, invalid } from '../errors.ts';
import type { AltTexts } from '../files/alt.ts';
import { openGroup } from '../groups/operations.ts';
import { groupJson } from '../groups/presenter.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { declaredTextFormat, idempotencyKey, isHtmx, stateOf, textFormatOf } from '../http/context.ts';
import type { FastRoute } from '../http/fast-path.ts';
import { problemFormat, responseFormat } from '../http/format.ts';
import { authenticate, viewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noStore, respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { checkOrigin } from '../http/security.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { readMessage, readPosted } from '../log/history.ts';
import { editMessage } from './actions/operations.ts';
import { resolveActions } from './actions/resolve.ts';
import { editForm, pageQuery, patchForm, reactionForm, readForm } from './forms.ts';
import * as operations from './operations.ts';
import { keyIn } from './operations.ts';
import { asksConfirmation, showEditForm, showGroup, showMessage, showQuestion, showRows } from './pages.ts';
import { markPosted, markRead, markUnread } from './read-mark.ts';
import { type Ctx, type GroupQuery, listMessages, respondWithMessage, seqOf, windowOf } from './responses.ts';
import { showRefusedReply } from './threads/page.ts';
import { readPost } from './uploads.ts';
import { postWithFiles } from './with-files.ts';

type EditRequest = Pick<z.infer<typeof editForm>, 'body' | 'format' | 'quiet'> & { readonly alt: AltTexts };

/** Routes of the group page, and of reading and changing messages. */
export function messageRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const edit = (ctx: Ctx, at: GroupAccess, { body, format, ...options }: EditRequest) =>
    operations.edit(core, at, seqOf(ctx), body, { format: declaredTextFormat(ctx, format), ...options });
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');

  router.get('/groups/:slug', async (ctx) => {
    const at = await open(ctx);
    if (at.group.slug !== ctx.params.slug && responseFormat(ctx) === 'html') return redirectToSlug(ctx, at);
    const asked = parseQuery(pageQuery, ctx);
    if (responseFormat(ctx) === 'text') await listMessages(ctx, deps, at, asked);
    else
      await respond(ctx, {
        html: () => showPage(ctx, deps, at, asked),
        json: async () => groupJson(at.group, at.membership, (await core.store.log.head(at.group.id)).n, core.config.basePath),
      });
  });

  router.get('/groups/:slug/messages', async (ctx) => {
    const at = await open(ctx);
    const asked = parseQuery(pageQuery, ctx);
    if (responseFormat(ctx) !== 'html') await listMessages(ctx, deps, at, asked);
    else if (isHtmx(ctx)) await showRows(ctx, deps, at, await windowOf(core, at, asked));
    else await showPage(ctx, deps, at, asked);
  });

  router.post('/groups/:slug/messages', (ctx) => postMessage(deps, ctx, ctx.params.slug ?? ''));

  router.get('/groups/:slug/messages/:seq', async (ctx) => {
    const at = await open(ctx);
    const folded = await readMessage(core, at.group.id, seqOf(ctx));
    if (responseFormat(ctx) === 'html' && !isHtmx(ctx)) await showMessage(ctx, deps, at, folded);
    else await respondWithMessage(ctx, deps, at, folded);
  });

  router.get('/groups/:slug/messages/:seq/edit', async (ctx) => {
    const at = await open(ctx);
    await showEditForm(ctx, deps, at, await readMessage(core, at.group.id, seqOf(ctx)));
  });

  router.post('/groups/:slug/messages/:seq/edit', async (ctx) => {
    const at = await open(ctx);
    const { body, format, quiet, ...alt } = await parse(editForm, ctx);
    try {
      await respondWithMessage(ctx, deps, at, await edit(ctx, at, { body, format, quiet, alt }), { isWritten: true });
    } catch (error) {
      if (!isShownOnPage(ctx, error)) throw error;
      await showEditForm(ctx, deps, at, await readMessage(core, at.group.id, seqOf(ctx)), { body, error, alt });
    }
  });

  router.patch('/groups/:slug/messages/:seq', async (ctx) => {
    const at = await open(ctx);
    const { body: text, format, quiet, lock, actions: given, ...alt } = await parse(patchForm, ctx);
    const actions = given && (await resolveActions(core, at, given));
    const change = { text, format: declaredTextFormat(ctx, format), alt, quiet, actions, lock };
    await respondWithMessage(ctx, deps, at, await editMessage(core, at, seqOf(ctx), change), { isWritten: true });
  });

  const erase = async (ctx: Ctx): Promise<void> => {
    const at = await open(ctx);
    await respondWithMessage(ctx, deps, at, await operations.erase(core, at, seqOf(ctx)));
  };
  router.post('/groups/:slug/messages/:seq/erase', erase);
  router.delete('/groups/:slug/messages/:seq', erase);

  router.post('/groups/:slug/messages/:seq/unerase', async (ctx) => {
    const at = await open(ctx);
    await respondWithMessage(ctx, deps, at, await operations.unerase(core, at, seqOf(ctx)));
  });

  router.post('/groups/:slug/messages/:seq/reactions', async (ctx) => {
    const at = await open(ctx);
    const { emoji, on } = await parse(reactionForm, ctx);
    await respondWithMessage(ctx, deps, at, await operations.react(core, at, seqOf(ctx), emoji, on === '1'));
  });

  for (const [method, on] of [
    ['put', true],
    ['delete', false],
  ] as const)
    router[method]('/groups/:slug/messages/:seq/reactions/:emoji', async (ctx) => {
      const at = await open(ctx);
      await respondWithMessage(ctx, deps, at, await operations.react(core, at, seqOf(ctx), ctx.params.emoji ?? '', on));
    });

  router.post('/groups/:slug/read', async (ctx) => {
    const at = await open(ctx);
    const { unread, ...upTo } = await parse(readForm, ctx);
    const isBack = unread === '1';
    const read = isBack ? await markUnread(core, at, upTo.seq ?? 0) : await markRead(core, at, upTo);
    await respond(ctx, {
      html: () => {
        ctx.status = 204;
        if (!isBack) return;
        setFlash(ctx, t`Unread again in ${at.group.name}: ${read.unread}.`); // not the group's page, which would mark it as read
        seeOther(ctx, '/groups');
      },
      json: () => read,
      text: () => null,
    });
  });

  return router;
}

/** Shows the group page; `?date=` redirects to the window that starts with that day. */
async function showPage(ctx: Context, deps: RouteContext, at: GroupAccess, asked: GroupQuery): Promise<void> {
  if (!asked.date) return showGroup(ctx, deps, at, await windowOf(deps.core, at, asked));
  const { after } = await windowOf(deps.core, at, asked);
  noStore(ctx);
  seeOther(ctx, `/groups/${at.group.slug}${after === undefined ? '' : `?after=${after}#m-${after + 1}`}`);
}

/** `POST /groups/:slug/messages` of an authenticated viewer. */
async function postMessage(deps: RouteContext, ctx: Context, slug: string): Promise<void> {
  const { core } = deps;
  const at = await openGroup(core, viewerOf(ctx).user, slug, core.lookupCache); // cached; the log checks again when access rights have changed
  try {
    const { files, key, notify_all: isConfirmed, reply_to: replyTo, back, actions, ...form } = await readPost(ctx, core, at);
    const input = {
      ...form,
      replyTo,
      actions: actions && (await resolveActions(core, at, actions)),
      notifyAll: isConfirmed || confirmsBroadcast(ctx),
      format: textFormatOf(ctx, form.format),
      key: keyOf(ctx, key),
      mayWait: idempotencyKey(ctx) === undefined,
    };
    const typed = await afterCommand(ctx, deps, at, input, files.length);
    if (!typed) return;
    const { message, isNew } = await postWithFiles(core, at, typed, files);
    if (viewerOf(ctx).via === 'session') markPosted(core, at, message, back);
    await respondWithMessage(ctx, deps, at, await readPosted(core, message, isNew), { status: isNew ? 201 : 200, isWritten: true, back });
  } catch (error) {
    if (isHtmx(ctx) && asksConfirmation(error)) return showQuestion(ctx, deps, error.message);
    const { body, key, back, reply_to: replyTo } = stateOf(ctx).fields ?? {};
    if (!isShownOnPage(ctx, error) || typeof body !== 'string') throw error;
    const mayHaveArrived = error.code === 'unavailable' && typeof key === 'string';
    const draft = { body, error, replyTo, key: mayHaveArrived ? key : undefined };
    if (back === 'thread' && (await showRefusedReply(ctx, deps, at, replyTo, draft))) return;
    await showGroup(ctx, deps, at, { limit: 50 }, draft);
  }
}

/** Only a person on a page can confirm `@all`. */
const confirmsBroadcast = (ctx: Context): 'ask' | false => (responseFormat(ctx) === 'html' ? 'ask' : false);

/** Whether to show the error on the page with the form: the request is from a browser without htmx, and the page exists. */
const isShownOnPage = (ctx: Context, error: unknown): error is DomainError =>
  problemFormat(ctx) === 'html' && !isHtmx(ctx) && error instanceof DomainError && error.code !== 'notFound';

/** Posts with a bearer token bypass the middleware; posts of pages need the session middleware. */
export const fastPosts: readonly FastRoute[] = [
  {
    method: 'POST',
    path: /^\/groups\/([^/?#%]+)\/messages(?:\?|$)/,
    pattern: '/groups/:slug/messages',
    kind: 'data',
    isFor: (ctx) => ctx.get('Authorization') !== '' && responseFormat(ctx) !== 'html',
    handle: async (deps, ctx, slug) => {
      checkOrigin(ctx, deps.core.config);
      stateOf(ctx).viewer = await authenticate(ctx, deps.core, deps.core.lookupCache);
      await postMessage(deps, ctx, slug);
    },
  },
];

/** Redirects an old slug to the current one. Not cacheable: a group may be renamed back. */
function redirectToSlug(ctx: Context, at: GroupAccess): void {
  noStore(ctx);
  ctx.redirect(`/groups/${at.group.slug}${ctx.search}`);
  ctx.status = 301;
}

/** The Idempotency-Key header, else a form's hidden nonce. */
function keyOf(ctx: Context, nonce: string | undefined): string | undefined {
  const given = idempotencyKey(ctx);
  if (given !== undefined) return keyIn('client', given);
  if (nonce === '') throw invalid('key', t`key must not be empty.`);
  return nonce === undefined ? undefined : keyIn('form', nonce);
}
