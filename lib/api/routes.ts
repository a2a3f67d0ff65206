import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from 'koa';
import { originOf } from '../http/context.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';

/** `etag` is weak, because the text is the same in every content coding. */
type Document = { readonly text: string; readonly etag: string };

/** `/openapi.json`: the OpenAPI document, built at the first request. */
export function openApiRoutes(): Router {
  const router = new Router();
  let document: Promise<Document> | undefined;
  router.get('/openapi.json', async (ctx) => {
    document ??= buildDocument();
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

async function buildDocument(): Promise<Document> {
  const { describeApi } = await import('./document.ts');
  const text = JSON.stringify(describeApi(await versionOf()));
  return { text, etag: `W/"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"` };
}

async function versionOf(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
  return version;
}

/** `/docs`: the same, for people. */
export function docsRoutes(web: RouteContext): Router {
  const router = new Router();
  router.get('/docs', async (ctx) => showDocs(ctx, web));
  return router;
}

async function showDocs(ctx: Context, { core, views }: RouteContext): Promise<void> {
  noStore(ctx);
  const { docsOf } = await import('./page.ts');
  renderPage(ctx, views, 'api/index.njk', 'The API', { ...docsOf(originOf(ctx, core.config)), version: await versionOf() });
}
