import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import { siteUrlOf, stateOf } from '../http/context.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash, takeFlash } from '../http/session-data.ts';

/** `etag` is weak, because the text is the same in every content coding. */
type Document = { readonly text: string; readonly etag: string };

/** `/openapi.json`: the OpenAPI document, built at the first request. */
export function openApiRoutes({ core }: Pick<RouteContext, 'core'>): Router {
  const router = new Router();
  let document: Promise<Document> | undefined;
  router.get('/openapi.json', async (ctx) => {
    document ??= buildDocument(core.config.basePath);
    const { text, etag } = await document;
    ctx.set({ ETag: etag, 'Cache-Control': 'public, no-cache' }); // cached but revalidated: an upgrade may change it
    if (ctx.get('If-None-Match').includes(etag.slice(2))) ctx.status = 304;
    else {
      ctx.type = 'json';
      ctx.body = text;
    }
  });
  return router;
}

async function buildDocument(basePath: string): Promise<Document> {
  const { describeApi } = await import('./document.ts');
  const text = JSON.stringify(describeApi(await versionOf(), basePath));
  return { text, etag: weakTag(text) };
}

async function versionOf(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
  return version;
}

/** The page for people who are not logged in, in the parts between its nonces. */
type DocsPage = { readonly parts: readonly string[]; readonly etag: string };

/** Pages to cache, one for each origin in their examples. Without PUBLIC_URL clients choose the origin. */
const MAX_PAGES = 8;

/** `/docs`: the same, for people. It is rendered once for all who are not logged in. */
export function docsRoutes(deps: RouteContext): Router {
  const router = new Router();
  const pages = new LRUCache<string, DocsPage>({ max: MAX_PAGES });
  router.get('/docs', async (ctx) => {
    const flash = takeFlash(ctx);
    if (flash) setFlash(ctx, flash.text, flash.kind);
    if (flash || stateOf(ctx).viewer) return showDocs(ctx, deps);
    const origin = siteUrlOf(ctx, deps.core.config);
    const page = pages.get(origin);
    if (page) return sendPage(ctx, page);
    await showDocs(ctx, deps);
    const made = pageOf(String(ctx.body), stateOf(ctx).nonce);
    pages.set(origin, made);
    sendPage(ctx, made);
  });
  return router;
}

function pageOf(html: string, nonce: string): DocsPage {
  const parts = html.split(nonce);
  return { parts, etag: weakTag(parts.join('')) };
}

/** Sends the page, or 304 without a policy: that of the cached response has the nonces of the cached page. */
function sendPage(ctx: Context, { parts, etag }: DocsPage): void {
  ctx.set({ ETag: etag, 'Cache-Control': 'private, no-cache' });
  ctx.vary('Accept, HX-Request, Cookie');
  if (ctx.get('If-None-Match').includes(etag.slice(2))) {
    ctx.remove('Content-Security-Policy');
    ctx.status = 304;
    return;
  }
  ctx.type = 'html';
  ctx.body = parts.join(stateOf(ctx).nonce);
}

const weakTag = (text: string): string => `W/"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;

async function showDocs(ctx: Context, { core, views }: RouteContext): Promise<void> {
  noStore(ctx);
  const { docsOf } = await import('./page.ts');
  renderPage(ctx, views, 'api/index.njk', 'The API', { ...docsOf(siteUrlOf(ctx, core.config)), version: await versionOf() });
}
