import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { groupAccess } from '../groups/operations.ts';
import { mayRead } from '../groups/rules.ts';
import { viewerOf } from '../http/identity.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { asFileId } from '../ids.ts';
import { isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { disposition, kindOf, rangeOf } from './file.ts';
import { openFile } from './operations.ts';
import type { ByteRange, FilePart, FileRecord } from './port.ts';

type Ctx = Context & { params: Record<string, string | undefined> };

/** `/files/:id`, with a name for whoever saves it, and `/files/:id/thumb`: for members of the file's group, as long as its message is there. */
export function fileRoutes(web: Pick<RouteContext, 'core'>): Router {
  const router = new Router();
  router.get('/files/:id/thumb', (ctx) => serve(web, ctx, 'thumb'));
  for (const path of ['/files/:id', '/files/:id/:name']) router.get(path, (ctx) => serve(web, ctx, 'whole'));
  return router;
}

async function serve({ core }: Pick<RouteContext, 'core'>, ctx: Ctx, part: FilePart): Promise<void> {
  const record = await open(core, ctx);
  const asked = part === 'whole' ? rangeIn(ctx, record) : 'all'; // of the small copy nobody wants a part, nor is its length noted
  const pieces = asked === 'none' ? undefined : await core.store.files.read(record.id, part, asked === 'all' ? undefined : asked);
  if (asked === 'none') return sayNothingThere(ctx, record);
  if (!pieces) throw notFound(); // it has no small copy, or was erased this moment
  setHeaders(ctx, record, part);
  ctx.status = 200;
  if (ctx.fresh) ctx.status = 304;
  else send(ctx, pieces, record, part, asked);
}

function send(ctx: Ctx, pieces: AsyncIterable<Uint8Array>, record: FileRecord, part: FilePart, range: 'all' | ByteRange): void {
  if (range !== 'all') {
    ctx.status = 206;
    ctx.set('Content-Range', `bytes ${range.from}-${range.to}/${record.bytes}`);
  }
  if (ctx.method !== 'HEAD') ctx.body = Readable.from(pieces, { objectMode: false, highWaterMark: 64 * 1024 });
  if (part === 'whole') ctx.length = range === 'all' ? record.bytes : range.to - range.from + 1; // behind the body, which takes it away
}

function sayNothingThere(ctx: Ctx, { bytes }: FileRecord): void {
  ctx.status = 416;
  ctx.set({ 'Content-Range': `bytes */${bytes}`, 'Cache-Control': 'no-store' });
  ctx.body = '';
}

/** The same answer for what is absent and what is not for this viewer. Errors: `notFound`, `unauthenticated`. */
async function open(core: Core, ctx: Ctx): Promise<FileRecord> {
  const { user } = viewerOf(ctx);
  const record = await openFile(core, asFileId(ctx.params.id ?? ''));
  const group = await core.store.groups.byId(record.group);
  if (!group || !mayRead(await groupAccess(core, user, group))) throw notFound();
  if (isErased(await readMessage(core, record.group, record.seq))) throw notFound();
  return record;
}

/**
 * What a browser shows by itself is only what cannot hold a script, and it does so in a sandbox all the same. It may be kept, but has to be asked for
 * again each time: so it is gone when the message is, or the membership.
 */
function setHeaders(ctx: Context, record: FileRecord, part: FilePart): void {
  const kind = kindOf(record);
  const isInline = part === 'thumb' || kind !== 'file';
  const name = part === 'thumb' ? `${record.name}.webp` : record.name;
  const media = kind === 'sound' || kind === 'film' ? "; media-src 'self'" : '';
  ctx.set({
    'Content-Type': part === 'thumb' ? 'image/webp' : isInline ? record.type : 'application/octet-stream',
    'Content-Disposition': disposition(isInline ? 'inline' : 'attachment', name),
    'Content-Security-Policy': `sandbox; default-src 'none'${media}`,
    'Cache-Control': 'private, no-cache',
    ETag: tagOf(record, part),
  });
  ctx.vary('Cookie');
  ctx.vary('Authorization');
  if (part === 'whole') ctx.set('Accept-Ranges', 'bytes');
}

const tagOf = ({ sha256 }: FileRecord, part: FilePart): string => `"${sha256.slice(0, 32)}${part === 'thumb' ? '-t' : ''}"`;

/** With If-Range, only of the very file that the client has a part of. */
function rangeIn(ctx: Ctx, record: FileRecord): ReturnType<typeof rangeOf> {
  const known = ctx.get('If-Range');
  return known !== '' && known !== tagOf(record, 'whole') ? 'all' : rangeOf(ctx.get('Range'), record.bytes);
}
