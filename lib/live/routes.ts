import type { ServerResponse } from 'node:http';
import Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { notFound, unauthenticated } from '../errors.ts';
import { openGroup, standing } from '../groups/operations.ts';
import { roster } from '../groups/roster.ts';
import { mayManage, mayRead, type Standing } from '../groups/rules.ts';
import { stateOf, type Viewer } from '../http/context.ts';
import { whoAsks } from '../http/identity.ts';
import { check } from '../http/input.ts';
import { checkStreamOrigin } from '../http/security.ts';
import type { Web } from '../http/web.ts';
import { readPage } from '../messages/history.ts';
import { presentLines } from '../messages/presenter.ts';
import type { StreamFormat } from './batch.ts';
import { SSE_COMMENT } from './frame.ts';

const cursor = z.coerce.number('must be a number').int('must be a whole number').min(0).max(9_999_999_999);
const streamQuery = z.object({ after: cursor.optional(), as: z.enum(['html', 'json', 'text'], 'must be html, json or text').optional() });
const FRAME_MESSAGES = 50;

const HTML = 'text/html; charset=utf-8';

/** The endless answers. Mounted before sessions: they only look who asks. */
export function liveRoutes(web: Web): Router {
  const { core, hub } = web;
  const router = new Router();

  router.get('/groups/:slug/events', async (ctx) => {
    checkStreamOrigin(ctx, core.config);
    const viewer = await requireViewer(ctx, web);
    const at = await openGroup(core, viewer.user, ctx.params.slug ?? '');
    const query = check(streamQuery, { ...ctx.query });
    const format: StreamFormat = query.as ?? (viewer.via === 'token' ? 'json' : 'html');
    const after = lastEventId(ctx) ?? query.after;
    const type = format === 'text' ? 'text/plain; charset=utf-8' : 'text/event-stream; charset=utf-8';
    if (ctx.method === 'HEAD') return answerHead(ctx, type);
    await hub.open({
      group: at.group,
      listener: { user: viewer.user.id, ref: viewer.ref, format },
      after,
      response: ctx.res,
      authorise: () => checkStillAllowed(ctx, web, at),
      start: (response) => {
        ctx.respond = false; // the hub writes to the socket's response from now on
        startStream(ctx, response, type);
        if (format !== 'text') response.write(SSE_COMMENT);
      },
    });
  });

  router.get('/groups/:slug/live', async (ctx) => {
    checkStreamOrigin(ctx, core.config);
    const viewer = await requireViewer(ctx, web);
    const at = await openGroup(core, viewer.user, ctx.params.slug ?? '');
    if (ctx.method === 'HEAD') return answerHead(ctx, HTML);
    const page = await readPage(core, at.group.id, { limit: FRAME_MESSAGES });
    const html = await frameStart(ctx, web, at, page.lines);
    await hub.open({
      group: at.group,
      listener: { user: viewer.user.id, ref: viewer.ref, format: 'frame' },
      after: page.head.seq,
      response: ctx.res,
      authorise: () => checkStillAllowed(ctx, web, at),
      start: (response) => {
        ctx.respond = false;
        // Without chunks or a length the end of the connection is the end of the document, however the server died; only then does the refresh in its head run.
        response.removeHeader('Transfer-Encoding');
        startStream(ctx, response, HTML);
        response.write(html);
      },
    });
  });
  return router;
}

async function requireViewer(ctx: Context, { core }: Web): Promise<Viewer> {
  const viewer = await whoAsks(ctx, core);
  if (!viewer) throw unauthenticated();
  stateOf(ctx).viewer = viewer;
  return viewer;
}

/** Everything again, once a revocation would find the stream. */
async function checkStillAllowed(ctx: Context, web: Web, at: Standing): Promise<void> {
  const viewer = await requireViewer(ctx, web);
  if (!mayRead(await standing(web.core, viewer.user, at.group))) throw notFound();
}

/** Undefined when the header is absent or not one of ours. */
function lastEventId(ctx: Context): number | undefined {
  const given = ctx.get('Last-Event-ID');
  return /^\d{1,10}$/.test(given) ? Number(given) : undefined;
}

/** What a stream would be. It has no body, and so would never end. */
function answerHead(ctx: Context, type: string): void {
  ctx.status = 200;
  ctx.set(headers(type));
}

const headers = (type: string) => ({
  'Content-Type': type,
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
  Vary: 'Accept, Cookie',
});

function startStream(ctx: Context, response: ServerResponse, type: string): void {
  response.statusCode = 200;
  response.shouldKeepAlive = false; // nothing follows a stream: its end lets go of the connection at once
  ctx.set(headers(type));
  response.socket?.setNoDelay(true).setKeepAlive(true, 15_000).setTimeout(0);
  response.flushHeaders();
}

async function frameStart(ctx: Context, { core, views }: Web, at: Standing, lines: Parameters<typeof presentLines>[1]): Promise<string> {
  const [rows, members] = await Promise.all([presentLines(core, lines, at.group), roster(core, at.group.id)]);
  const { nonce } = stateOf(ctx);
  const locals = { viewer: { id: at.user.id }, moderator: mayManage(at), nonce, members, group: at.group, rows };
  return views.render('messages/frame.njk', locals) + views.render('messages/_rows.njk', { rows });
}
