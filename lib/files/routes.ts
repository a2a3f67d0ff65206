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

/** `/files/:id`, `/files/:id/:name` and `/files/:id/thumb`: for members of the file's group, until its message is erased. */
export function fileRoutes(deps: Pick<RouteContext, 'core'>): Router {
  const router = new Router();
  router.get('/files/:id/thumb', (ctx) => serve(deps, ctx, 'thumb'));
  for (const path of ['/files/:id', '/files/:id/:name']) router.get(path, (ctx) => serve(deps, ctx, 'whole'));
  return router;
}

async function serve({ core }: Pick<RouteContext, 'core'>, ctx: Ctx, part: FilePart): Promise<void> {
  const record = await open(core, ctx);
  const range = part === 'whole' ? rangeIn(ctx, record) : 'all'; // thumbnails have no ranges: their length is not stored
  if (range === 'none') return respondNotSatisfiable(ctx, record);
  const pieces = await core.store.files.read(record.id, part, range === 'all' ? undefined : range);
  if (!pieces) throw notFound(); // no thumbnail, or erased just now
  setHeaders(ctx, record, part);
  ctx.status = 200;
  if (ctx.fresh) ctx.status = 304;
  else send(ctx, pieces, record, part, range);
}

function send(ctx: Ctx, pieces: AsyncIterable<Uint8Array>, record: FileRecord, part: FilePart, range: 'all' | ByteRange): void {
  if (range !== 'all') {
    ctx.status = 206;
    ctx.set('Content-Range', `bytes ${range.from}-${range.to}/${record.bytes}`);
  }
  if (ctx.method !== 'HEAD') ctx.body = Readable.from(pieces, { objectMode: false, highWaterMark: 64 * 1024 });
  if (part === 'whole') ctx.length = range === 'all' ? record.bytes : range.to - range.from + 1; // after the body, because setting the body resets it
}

function respondNotSatisfiable(ctx: Ctx, { bytes }: FileRecord): void {
  ctx.status = 416;
  ctx.set({ 'Content-Range': `bytes */${bytes}`, 'Cache-Control': 'no-store' });
  ctx.body = '';
}

/** Same error for an absent file and one that the viewer may not read. Errors: `notFound`, `unauthenticated`. */
async function open(core: Core, ctx: Ctx): Promise<FileRecord> {
  const { user } = viewerOf(ctx);
  const record = await openFile(core, asFileId(ctx.params.id ?? ''));
  const group = await core.store.groups.byId(record.group);
  if (!group || !mayRead(await groupAccess(core, user, group))) throw notFound();
  if (isErased(await readMessage(core, record.group, record.seq))) throw notFound();
  return record;
}

/**
 * Only types that cannot contain scripts are shown inline, and those in a CSP sandbox. Browsers may cache a file but must revalidate it each time, so
 * that access ends with the message or the membership.
 */
function setHeaders(ctx: Context, record: FileRecord, part: FilePart): void {
  const kind = kindOf(record);
  const isInline = part === 'thumb' || kind !== 'file';
  const name = part === 'thumb' ? `${record.name}.webp` : record.name;
  const media = kind === 'audio' || kind === 'video' ? "; media-src 'self'" : '';
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

/** The requested range; `all` if If-Range names another version. */
function rangeIn(ctx: Ctx, record: FileRecord): ReturnType<typeof rangeOf> {
  const known = ctx.get('If-Range');
  return known !== '' && known !== tagOf(record, 'whole') ? 'all' : rangeOf(ctx.get('Range'), record.bytes);
}
