import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { z } from 'zod';
import { DomainError } from '../errors.ts';
import { decodeUtf8 } from '../text/body.ts';
import { stateOf } from './context.ts';
import { type Received, receiveForm } from './multipart.ts';
import { partsOf } from './multipart-parts.ts';

/** The maximum length of a body that is no upload, in bytes. */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** How long a body may take to arrive; uploads have their own limit (lib/http/multipart.ts). */
const REQUEST_MS = 60_000;
/** The maximum length of each file that is skipped while the text of a form is read, in bytes. */
const MAX_SKIPPED_FILE_BYTES = 26_214_400;

const malformed = (message: string, field?: string): DomainError =>
  new DomainError('malformed', message, field === undefined ? {} : { field });
const tooLarge = (limit: number): DomainError => new DomainError('tooLarge', `The request body is too large: ${limit} bytes at most.`);

/** The raw body. Errors: `malformed`; `tooLarge`, without reading when Content-Length is too large. */
export async function readRaw(request: IncomingMessage, limit = MAX_REQUEST_BYTES): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= limit) return;
    request.off('data', take).pause(); // the rest is not read
    reject(tooLarge(limit));
  };
  const timer = setTimeout(() => reject(malformed('The request took too long.')), REQUEST_MS);
  request.on('data', take).once('error', reject);
  request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  request.once('close', () => request.complete || reject(malformed('The request ended before its body did.')));
  return promise.finally(() => clearTimeout(timer));
}

/** The body as named fields: a form, a multipart form (text parts only) or a JSON object; `text/*` becomes the field `body`. Errors: `malformed`, `tooLarge`. */
async function readFields(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  const fields = await fieldsIn(ctx);
  stateOf(ctx).fields = fields;
  return fields;
}

/** The fields of a form whose handling failed, reading the body if it has not been read. Undefined when it is no form, or cannot be read. */
export async function readUnreadForm(ctx: Context): Promise<Readonly<Record<string, unknown>> | undefined> {
  const kind = ctx.method === 'POST' && ctx.is('urlencoded', 'multipart');
  if (kind && !ctx.req.readableDidRead) await (kind === 'urlencoded' ? readFields(ctx) : readSkippingFiles(ctx)).catch(() => {});
  return kind ? stateOf(ctx).fields : undefined;
}

/** Reads the fields of a form of any size and skips its files. */
async function readSkippingFiles(ctx: Context): Promise<void> {
  const received: Received<never> = { fields: {}, files: [] };
  stateOf(ctx).fields = received.fields;
  await receiveForm({ source: ctx.req, type: ctx.get('Content-Type') }, { fileBytes: MAX_SKIPPED_FILE_BYTES }, received, () =>
    Promise.reject(malformed('Files are not accepted here.')),
  );
}

async function fieldsIn(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  const raw = await readRaw(ctx.req);
  if (ctx.req.headers['content-type'] === 'application/json' || ctx.is('json', '+json')) return fieldsOfJson(raw);
  if (ctx.is('multipart/form-data'))
    return fieldsOf((await partsOf(raw, ctx.get('Content-Type'))).flatMap((part) => ('text' in part ? [[part.name, part.text]] : [])));
  if (ctx.is('text/*')) return { body: decodeUtf8(raw) };
  return fieldsOf(new URLSearchParams(decodeUtf8(raw)));
}

function fieldsOfJson(raw: Buffer): Record<string, unknown> {
  if (raw.length === 0) return {}; // some clients declare JSON even without a body
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(raw));
  } catch {
    throw malformed('The body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('The body must be a JSON object.');
  return value as Record<string, unknown>;
}

/** A name given several times becomes an array of its values. */
function fieldsOf(pairs: Iterable<[string, string]>): Record<string, unknown> {
  const values = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0]?.[1] : all.map(([, value]) => value)]));
}

/** Checks fields against a schema. Errors: `malformed`, naming the first bad field and what it should be. */
export function check<S extends z.ZodType>(schema: S, fields: object): z.infer<S> {
  const nested = Object.keys(fields).find((name) => name.includes('['));
  if (nested !== undefined) throw malformed('Field names must not contain brackets.', nested.slice(0, 100)); // an error: ignoring it would hide a client's mistake
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? 'body';
  throw malformed(`${field === '' ? 'The request' : field}: ${issue?.message ?? 'invalid'}.`, field);
}

/** Reads and checks the body. Errors: `malformed`, `tooLarge`. */
export async function parse<S extends z.ZodType>(schema: S, ctx: Context): Promise<z.infer<S>> {
  return check(schema, await readFields(ctx));
}

/** Checks the query string. Errors: `malformed`, also for a repeated parameter. */
export const parseQuery = <S extends z.ZodType>(schema: S, ctx: Context): z.infer<S> => check(schema, { ...ctx.query });
