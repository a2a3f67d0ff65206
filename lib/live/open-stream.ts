import type { ServerResponse } from 'node:http';
import { parse as parseQueryString } from 'node:querystring';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { DomainError, unauthenticated } from '../errors.ts';
import { stateOf, type Viewer } from '../http/context.ts';
import { onOrOff } from '../http/fields.ts';
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

/** The filter of a stream as query parameters. */
export const filterQuery = {
  filter: z.enum(['all', 'mentions'], 'must be all or mentions').optional().describe('mentions: only what names you.'),
  keyword: z
    .union([z.array(keyword).max(MAX_KEYWORDS, `may be given ${MAX_KEYWORDS} times`), keyword.transform((one) => [one])])
    .default([])
    .meta({ type: 'array', items: { type: 'string' }, description: 'Only what has one of these words in it; may be given several times.' }),
};

/** Of streams for programs. */
export const draftsQuery = {
  drafts: onOrOff
    .default('0')
    .describe('1: also the events `draft` and `draft_end`, of messages that are being written. Not with `filter` or `keyword`.'),
};

type FilterQuery = { readonly filter?: 'all' | 'mentions' | undefined; readonly keyword: readonly string[] };

/** `thread`: the root of the thread that the stream is limited to. */
export const filterIn = ({ filter, keyword: words }: FilterQuery, thread?: number): Filter | undefined => filterOf(filter, words, thread);

/** The viewer of a stream. Errors: `unauthenticated`. */
export async function requireViewer(ctx: Context, { core }: RouteContext, lookups: Lookups): Promise<Viewer> {
  const viewer = await authenticate(ctx, core, lookups);
  if (!viewer) throw unauthenticated();
  stateOf(ctx).viewer = viewer;
  return viewer;
}

/** Reconnecting streams send the same queries: this many parsed ones are cached, each of at most this length. */
const [MAX_QUERIES, LONGEST_QUERY] = [100, 200];
const known = new WeakMap<z.ZodType, LRUCache<string, object>>();

/** Not `ctx.query`: its result would stay in memory with the request for as long as the stream. Errors: `malformed`. */
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
 * The header Last-Event-ID of a reconnecting client. Undefined when absent or empty.
 * Errors: `malformed` when it is not a cursor of this stream: starting elsewhere would silently skip entries.
 */
export function lastEventId(ctx: Context, isCursor: (text: string) => boolean): string | undefined {
  const given = ctx.get('Last-Event-ID');
  if (given === '') return undefined;
  if (isCursor(given)) return given;
  throw new DomainError('malformed', 'The header Last-Event-ID must be the id of an event of this stream.', { field: 'Last-Event-ID' });
}

export const typeOf = (format: 'html' | 'json' | 'text' | 'sidebar'): string =>
  format === 'text' ? 'text/plain; charset=utf-8' : 'text/event-stream; charset=utf-8';

/** `no-transform`: a proxy that compresses a stream would delay events. */
const SAME_HEADERS = Object.entries({ 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no', Vary: 'Accept, Cookie' });

/** Responds to HEAD with the headers of the stream. */
export function respondToHead(ctx: Context, type: string): void {
  ctx.status = 200;
  ctx.set({ ...Object.fromEntries(SAME_HEADERS), 'Content-Type': type });
}

/** `first`: sent before all events. */
type Start = {
  readonly type: string;
  readonly isChunked: boolean;
  readonly first: string;
  readonly config: Pick<Config, 'hstsSubdomains'>;
};

/**
 * Sends the head of a stream. Without chunks or a length, the response ends with its connection (RFC 9112, section 6.3), so the refresh in the head of
 * a live document runs however the server died.
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

/** Written as text: setting and validating ten headers one by one takes longer than the rest of opening a stream. */
const headOf = (ctx: Context, { type, isChunked, config }: Start): Buffer =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\n${REQUEST_ID}: ${stateOf(ctx).requestId}\r\n${dataHeaderLines(ctx, config)}${SAME_LINES}${isChunked ? CHUNKED_LINE : ''}Content-Type: ${type}\r\nDate: ${new Date().toUTCString()}\r\n\r\n`,
    'latin1',
  );

const bodyOf = (first: string, isChunked: boolean): Buffer => {
  const bytes = Buffer.from(first);
  return isChunked && first !== '' ? chunkOf(bytes) : bytes;
};

const CHUNKED_LINE = headerLines([['Transfer-Encoding', 'chunked']]);
const SAME_LINES = headerLines([...SAME_HEADERS, ['Connection', 'close']]);

/** Adds to the headers that middleware, or the page of a live document, has set. */
function startWithHeaders(response: ServerResponse, { type, isChunked, first }: Start): void {
  if (!isChunked) response.removeHeader('Transfer-Encoding');
  response.shouldKeepAlive = false; // a stream is the last response of its connection
  response.setHeader('Content-Type', type);
  for (const [name, value] of SAME_HEADERS) response.setHeader(name, value);
  if (first === '') response.flushHeaders();
  else response.write(first);
}
