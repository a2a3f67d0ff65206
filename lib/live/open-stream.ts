import type { ServerResponse } from 'node:http';
import { parse as parseQueryString } from 'node:querystring';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { DomainError, unauthenticated } from '../errors.ts';
import { stateOf, type Viewer } from '../http/context.ts';
import { authenticate } from '../http/identity.ts';
import { check } from '../http/input.ts';
import { REQUEST_ID } from '../http/request-log.ts';
import type { RouteContext } from '../http/route-context.ts';
import { dataHeaderLines, headerLines } from '../http/security.ts';
import { currentRequest } from '../request-scope.ts';
import type { Lookups } from '../store/lookup-cache.ts';
import { chunkOf } from './chunk.ts';
import { type Filter, filterOf, MAX_KEYWORD_LENGTH, MAX_KEYWORDS } from './filter.ts';

const keyword = z
  .string('must be text')
  .trim()
  .min(1, 'must not be empty')
  .max(MAX_KEYWORD_LENGTH, `must have ${MAX_KEYWORD_LENGTH} characters at most`);

/** What a stream leaves out, as its query says it. */
export const filterQuery = {
  filter: z.enum(['all', 'mentions'], 'must be all or mentions').optional().describe('mentions: only what names you.'),
  keyword: z
    .union([z.array(keyword).max(MAX_KEYWORDS, `may be given ${MAX_KEYWORDS} times`), keyword.transform((one) => [one])])
    .default([])
    .meta({ type: 'array', items: { type: 'string' }, description: 'Only what has one of these words in it; may be given several times.' }),
};

export const filterIn = ({ filter, keyword: words }: { filter?: 'all' | 'mentions' | undefined; keyword: string[] }): Filter | undefined =>
  filterOf(filter, words);

/** Who asks for a stream. Errors: `unauthenticated`. */
export async function requireViewer(ctx: Context, { core }: RouteContext, look: Lookups): Promise<Viewer> {
  const viewer = await authenticate(ctx, core, look);
  if (!viewer) throw unauthenticated();
  stateOf(ctx).viewer = viewer;
  return viewer;
}

/** Streams that come back by the thousand ask alike: as many different queries are remembered, of this length at most. */
const [MAX_QUERIES, LONGEST_QUERY] = [100, 200];
const known = new WeakMap<z.ZodType, LRUCache<string, object>>();

/** Not `ctx.query`: what that parses is kept with the request, which is kept as long as the stream. Errors: `malformed`. */
export function queryOf<S extends z.ZodType<object>>({ req: { url = '' } }: Context, schema: S): z.infer<S> {
  const start = url.indexOf('?');
  const text = start === -1 ? '' : url.slice(start + 1);
  const queries = known.get(schema) ?? new LRUCache<string, object>({ max: MAX_QUERIES });
  const found = queries.get(text) as z.infer<S> | undefined;
  if (found !== undefined) return found;
  const query = check(schema, { ...parseQueryString(text) });
  if (text.length <= LONGEST_QUERY) known.set(schema, queries.set(text, query));
  return query;
}

/**
 * The header Last-Event-ID, as a client that comes back sends it. Undefined when absent or empty.
 * Errors: `malformed` when it is no cursor of this stream: to begin anywhere else would skip entries without a word.
 */
export function lastEventId(ctx: Context, isCursor: (text: string) => boolean): string | undefined {
  const given = ctx.get('Last-Event-ID');
  if (given === '') return undefined;
  if (isCursor(given)) return given;
  throw new DomainError('malformed', 'The header Last-Event-ID must be the id of an event of this stream.', { field: 'Last-Event-ID' });
}

export const typeOf = (format: 'html' | 'json' | 'text' | 'sidebar'): string =>
  format === 'text' ? 'text/plain; charset=utf-8' : 'text/event-stream; charset=utf-8';

/** `no-transform`: a proxy that compressed a stream would hold events back. */
const SAME_HEADERS = Object.entries({ 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no', Vary: 'Accept, Cookie' });

/** What a stream would be. It has no body, and so would never end. */
export function respondToHead(ctx: Context, type: string): void {
  ctx.status = 200;
  ctx.set({ ...Object.fromEntries(SAME_HEADERS), 'Content-Type': type });
}

/** `first`: what comes before all events. */
type Start = { readonly type: string; readonly isChunked: boolean; readonly first: string };

/**
 * Sends the head of a stream. Without chunks or a length the end of the connection is the end of the answer (RFC 9112, section 6.3): for a live
 * document that is how the refresh in its head runs, however the server died.
 */
export function startStream(ctx: Context, response: ServerResponse, start: Start): void {
  const { first, isChunked } = start;
  ctx.respond = false; // the hub writes to the socket from now on
  currentRequest()?.storeWait.end();
  response.statusCode = 200;
  if (first === '') response.socket?.setKeepAlive(true, 15_000); // text has no heartbeat
  if (response.getHeaderNames().length === 0) response.socket?.write(Buffer.concat([headOf(ctx, start), bodyOf(first, isChunked)]));
  else startWithHeaders(response, start);
}

/** Setting and checking ten headers one by one takes longer than all else that opening a stream does by itself: the head differs by little, so it is written as it is. */
const headOf = (ctx: Context, { type, isChunked }: Start): Buffer =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\n${REQUEST_ID}: ${stateOf(ctx).requestId}\r\n${dataHeaderLines(ctx)}${SAME_LINES}${isChunked ? CHUNKED_LINE : ''}Content-Type: ${type}\r\nDate: ${new Date().toUTCString()}\r\n\r\n`,
    'latin1',
  );

const bodyOf = (first: string, isChunked: boolean): Buffer => {
  const bytes = Buffer.from(first);
  return isChunked && first !== '' ? chunkOf(bytes) : bytes;
};

const CHUNKED_LINE = headerLines([['Transfer-Encoding', 'chunked']]);
const SAME_LINES = headerLines([...SAME_HEADERS, ['Connection', 'close']]);

/** After those that the layers, or the page that a live document is, have set. */
function startWithHeaders(response: ServerResponse, { type, isChunked, first }: Start): void {
  if (!isChunked) response.removeHeader('Transfer-Encoding');
  response.shouldKeepAlive = false; // nothing follows a stream: its end lets go of the connection at once
  response.setHeader('Content-Type', type);
  for (const [name, value] of SAME_HEADERS) response.setHeader(name, value);
  if (first === '') response.flushHeaders();
  else response.write(first);
}
