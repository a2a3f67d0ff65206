import type { Context } from 'koa';
import { z } from 'zod';
import { DomainError, invalid, notFound } from '../errors.ts';
import { openGroup } from '../groups/operations.ts';
import type { Standing } from '../groups/rules.ts';
import { idempotencyKey, isHtmx, originOf, speech, stateOf } from '../http/context.ts';
import type { HotRoute } from '../http/door.ts';
import { viewerOf, whoAsks } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noStore, seeOther } from '../http/reply.ts';
import { Router } from '../http/router.ts';
import { checkOrigin } from '../http/security.ts';
import type { Web } from '../http/web.ts';
import type { Message } from './entry.ts';
import type { FoldedMessage } from './fold.ts';
import { fold } from './fold.ts';
import { readMessage, readPage, type Window } from './history.ts';
import * as operations from './operations.ts';
import { keyIn } from './operations.ts';
import { showEditForm, showGroup, showMessage } from './pages.ts';
import { messageJson, messageText, peopleIn, presentRow } from './presenter.ts';

const text = z.string('must be text');
const cursor = z.coerce.number('must be a number').int('must be a whole number').min(0).max(9_999_999_999);
const postForm = z.object({ body: text, key: text.max(operations.MAX_KEY_LENGTH).optional() });
const reactionForm = z.object({
  emoji: text.max(64, 'must have 64 characters at most'),
  on: z.enum(['1', '0'], 'must be 1 or 0').default('1'),
});
const windowQuery = z.object({ before: cursor.optional(), after: cursor.optional(), limit: cursor.default(50) });

type Ctx = Context & { params: Record<string, string | undefined> };

/** The group page, its history, and what one does to messages. */
export function messageRoutes(web: Web): Router {
  const { core } = web;
  const router = new Router();
  const open = (ctx: Ctx): Promise<Standing> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');

  router.get('/groups/:slug', async (ctx) => {
    const at = await open(ctx);
    if (at.group.slug !== ctx.params.slug && speech(ctx) === 'html') return movedTo(ctx, at);
    const window = parseQuery(windowQuery, ctx);
    if (speech(ctx) === 'text') await listMessages(ctx, web, at, window);
    else await showGroup(ctx, web, at, window);
  });

  router.get('/groups/:slug/messages', async (ctx) => {
    const at = await open(ctx);
    const window = parseQuery(windowQuery, ctx);
    if (speech(ctx) === 'html') await showGroup(ctx, web, at, window);
    else await listMessages(ctx, web, at, window);
  });

  router.post('/groups/:slug/messages', (ctx) => postMessage(web, ctx, ctx.params.slug ?? ''));

  router.get('/groups/:slug/messages/:seq', async (ctx) => {
    const at = await open(ctx);
    const folded = await readMessage(core, at.group.id, seqOf(ctx));
    if (speech(ctx) === 'html' && !isHtmx(ctx)) await showMessage(ctx, web, at, folded);
    else await answer(ctx, web, at, folded, 200);
  });

  router.get('/groups/:slug/messages/:seq/edit', async (ctx) => {
    const at = await open(ctx);
    await showEditForm(ctx, web, at, await readMessage(core, at.group.id, seqOf(ctx)));
  });

  router.post('/groups/:slug/messages/:seq/edit', async (ctx) => {
    const at = await open(ctx);
    const { body } = await parse(postForm, ctx);
    try {
      await answer(ctx, web, at, await operations.edit(core, at, seqOf(ctx), body), 200);
    } catch (error) {
      if (speech(ctx) !== 'html' || isHtmx(ctx) || !(error instanceof DomainError) || error.code === 'notFound') throw error;
      await showEditForm(ctx, web, at, await readMessage(core, at.group.id, seqOf(ctx)), { body, error });
    }
  });

  router.patch('/groups/:slug/messages/:seq', async (ctx) => {
    const at = await open(ctx);
    const { body } = await parse(postForm, ctx);
    await answer(ctx, web, at, await operations.edit(core, at, seqOf(ctx), body), 200);
  });

  const erase = async (ctx: Ctx): Promise<void> => {
    const at = await open(ctx);
    await answer(ctx, web, at, await operations.erase(core, at, seqOf(ctx)), 200);
  };
  router.post('/groups/:slug/messages/:seq/erase', erase);
  router.delete('/groups/:slug/messages/:seq', erase);

  router.post('/groups/:slug/messages/:seq/unerase', async (ctx) => {
    const at = await open(ctx);
    await answer(ctx, web, at, await operations.unerase(core, at, seqOf(ctx)), 200);
  });

  router.post('/groups/:slug/messages/:seq/reactions', async (ctx) => {
    const at = await open(ctx);
    const { emoji, on } = await parse(reactionForm, ctx);
    await answer(ctx, web, at, await operations.react(core, at, seqOf(ctx), emoji, on === '1'), 200);
  });

  for (const [method, on] of [
    ['put', true],
    ['delete', false],
  ] as const)
    router[method]('/groups/:slug/messages/:seq/reactions/:emoji', async (ctx) => {
      const at = await open(ctx);
      await answer(ctx, web, at, await operations.react(core, at, seqOf(ctx), ctx.params.emoji ?? '', on), 200);
    });

  router.post('/groups/:slug/read', async (ctx) => {
    const at = await open(ctx);
    const { n } = await core.store.log.head(at.group.id);
    await core.store.memberships.mark(at.group.id, at.user.id, n);
    ctx.status = 204;
  });
  return router;
}

/** `POST /groups/:slug/messages` by who has been found to ask. */
async function postMessage(web: Web, ctx: Context, slug: string): Promise<void> {
  const { core } = web;
  const at = await openGroup(core, viewerOf(ctx).user, slug, core.recent); // the log decides again when rights have changed
  const form = await parse(postForm, ctx);
  try {
    const { message, isNew } = await operations.post(core, at, {
      body: form.body,
      key: keyOf(ctx, form.key),
      mayWait: idempotencyKey(ctx) === undefined,
    });
    if (viewerOf(ctx).via === 'session') markAsRead(web, at, message);
    await answer(ctx, web, at, fold(message, []), isNew ? 201 : 200);
  } catch (error) {
    if (speech(ctx) !== 'html' || isHtmx(ctx) || !(error instanceof DomainError)) throw error;
    const key = error.code === 'unavailable' ? form.key : undefined;
    await showGroup(ctx, web, at, { limit: 50 }, { body: form.body, error, key });
  }
}

/** Posting by token, as bots do, taken before all layers; a page's post needs its session. */
export const hotPosts: readonly HotRoute[] = [
  {
    method: 'POST',
    path: /^\/groups\/([^/?#%]+)\/messages$/,
    pattern: '/groups/:slug/messages',
    isFor: (ctx) => ctx.get('Authorization') !== '' && speech(ctx) !== 'html',
    handle: async (web, ctx, slug) => {
      checkOrigin(ctx, web.core.config);
      stateOf(ctx).viewer = await whoAsks(ctx, web.core, web.core.recent);
      await postMessage(web, ctx, slug);
    },
  },
];

/** Who writes on a page has it before their eyes. The answer does not wait for it. */
function markAsRead({ core }: Web, at: Standing, { n }: Message): void {
  core.store.memberships.mark(at.group.id, at.user.id, n).catch((error) => core.log.debug({ err: error }, 'read mark not moved'));
}

/** An old slug leads a person to the new one. Not to be remembered: a group may take its old name again. */
function movedTo(ctx: Context, at: Standing): void {
  noStore(ctx);
  ctx.redirect(`/groups/${at.group.slug}${ctx.search}`);
  ctx.status = 301;
}

/** Errors: `notFound`: what is no number is no message either. */
function seqOf(ctx: Ctx): number {
  const { seq = '' } = ctx.params;
  if (!/^[1-9]\d{0,9}$/.test(seq)) throw notFound();
  return Number(seq);
}

/** The Idempotency-Key header, else a form's hidden nonce. */
function keyOf(ctx: Context, nonce: string | undefined): string | undefined {
  const given = idempotencyKey(ctx);
  if (given !== undefined) return keyIn('client', given);
  if (nonce === '') throw invalid('key', 'key must not be empty.');
  return nonce === undefined ? undefined : keyIn('form', nonce);
}

/** One message, as the client asks: its row to htmx, 303 to a form, else JSON or text with its address. */
async function answer(ctx: Context, { core, views }: Web, at: Standing, folded: FoldedMessage, status: number): Promise<void> {
  noStore(ctx);
  const faces = await core.directory.faces(peopleIn([{ type: 'message', folded }]));
  const url = `/groups/${at.group.slug}/messages/${folded.message.seq}`;
  const how = speech(ctx);
  if (how === 'html' && !isHtmx(ctx)) return seeOther(ctx, `/groups/${at.group.slug}#m-${folded.message.seq}`);
  ctx.status = how === 'html' ? 200 : status;
  if (status === 201) ctx.set('Location', url);
  if (how === 'html') {
    ctx.type = 'html';
    ctx.body = views.render('messages/_row.njk', { row: presentRow(folded, at.group, faces, core.now()) });
  } else if (how === 'text') {
    ctx.type = 'text/plain';
    ctx.body = ctx.method === 'GET' ? `${messageText(folded, faces)}\n` : `${url}\n`;
  } else ctx.body = messageJson(folded, at.group, faces);
}

async function listMessages(ctx: Context, { core }: Web, at: Standing, window: Window): Promise<void> {
  noStore(ctx);
  const page = await readPage(core, at.group.id, window);
  const faces = await core.directory.faces(peopleIn(page.lines));
  const messages = page.lines.flatMap((line) => (line.type === 'message' ? [line.folded] : []));
  const link = (rel: string, name: string, seq: number): string =>
    `<${originOf(ctx, core.config)}/groups/${at.group.slug}/messages?${name}=${seq}&limit=${window.limit}>; rel="${rel}"`;
  const links = [
    ...(page.older === undefined ? [] : [link('prev', 'before', page.older)]),
    ...(page.newer === undefined ? [] : [link('next', 'after', page.newer)]),
  ];
  if (links.length > 0) ctx.set('Link', links.join(', '));
  ctx.set('X-Total-Count', String(page.head.n));
  if (speech(ctx) === 'text') {
    ctx.type = 'text/plain';
    ctx.body = messages.map((folded) => `${messageText(folded, faces)}\n`).join('');
  } else ctx.body = messages.map((folded) => messageJson(folded, at.group, faces));
}
