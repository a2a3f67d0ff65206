import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { z } from 'zod';
import { DomainError } from '../errors.ts';
import { decodeUtf8 } from '../text/body.ts';
import { stateOf } from './context.ts';
import { type Received, receiveForm } from './multipart.ts';

/** A request outside uploads may be this long (bytes). */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** It must have come within this time; uploads have their own limit (lib/http/multipart.ts). */
const REQUEST_MS = 60_000;
/** Of each file beside a text that is read only to be given back. */
const PASSED_BYTES = 26_214_400;

const malformed = (message: string, field?: string): DomainError =>
  new DomainError('malformed', message, field === undefined ? {} : { field });
const tooLarge = (limit: number): DomainError => new DomainError('tooLarge', `Request is too long: ${limit} bytes at most.`);

/** The raw body. Errors: `tooLarge`, before it is read where the length is declared. */
export async function readRaw(request: IncomingMessage, limit = MAX_REQUEST_BYTES): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= limit) return;
    request.off('data', take).pause(); // the rest is nobody's
    reject(tooLarge(limit));
  };
  const timer = setTimeout(() => reject(malformed('The request took too long.')), REQUEST_MS);
  request.on('data', take).once('error', reject);
  request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  request.once('close', () => request.complete || reject(malformed('The request ended before its body did.')));
  return promise.finally(() => clearTimeout(timer));
}

/** The body as named fields: a form, multipart (its text parts) or JSON object; `text/plain` is the field `body`. Errors: `malformed`, `tooLarge`. */
async function readFields(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  const fields = await fieldsIn(ctx);
  stateOf(ctx).fields = fields;
  return fields;
}

/** What was typed into a form that could not be dealt with, though nobody has read it yet. Undefined when it is none, or cannot be read. */
export async function readUnreadForm(ctx: Context): Promise<Readonly<Record<string, unknown>> | undefined> {
  const kind = ctx.method === 'POST' && ctx.is('urlencoded', 'multipart');
  if (kind && !ctx.req.readableDidRead) await (kind === 'urlencoded' ? readFields(ctx) : readPast(ctx)).catch(() => {});
  return kind ? stateOf(ctx).fields : undefined;
}

/** The fields of a form of any size; its files pass by. */
async function readPast(ctx: Context): Promise<void> {
  const received: Received<never> = { fields: {}, files: [] };
  stateOf(ctx).fields = received.fields;
  await receiveForm({ source: ctx.req, type: ctx.get('Content-Type') }, { fileBytes: PASSED_BYTES }, received, () =>
    Promise.reject(malformed('Files are not taken now.')),
  );
}

async function fieldsIn(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  const raw = await readRaw(ctx.req);
  if (ctx.req.headers['content-type'] === 'application/json' || ctx.is('json', '+json')) return fieldsOfJson(raw);
  if (ctx.is('multipart/form-data')) return fieldsOfMultipart(raw, ctx.get('Content-Type'));
  if (ctx.is('text/*')) return { body: decodeUtf8(raw) };
  return fieldsOf(new URLSearchParams(decodeUtf8(raw)));
}

function fieldsOfJson(raw: Buffer): Record<string, unknown> {
  if (raw.length === 0) return {}; // a client that always says JSON, where nothing has to be said
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(raw));
  } catch {
    throw malformed('The body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('The body must be a JSON object.');
  return value as Record<string, unknown>;
}

async function fieldsOfMultipart(raw: Buffer, type: string): Promise<Record<string, unknown>> {
  try {
    const form = await new Response(new Uint8Array(raw), { headers: { 'Content-Type': type } }).formData();
    return fieldsOf([...form].filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  } catch {
    throw malformed('The multipart body cannot be read.');
  }
}

/** A name given several times has a list of its values. */
function fieldsOf(pairs: Iterable<[string, string]>): Record<string, unknown> {
  const values = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0]?.[1] : all.map(([, value]) => value)]));
}

/** Checks fields against a schema. Errors: `malformed`, naming the first bad field and what it should be. */
export function check<S extends z.ZodType>(schema: S, fields: object): z.infer<S> {
  const nested = Object.keys(fields).find((name) => name.includes('['));
  if (nested !== undefined) throw malformed('Fields have plain names here, without brackets.', nested.slice(0, 100)); // not overlooked: it was meant for something
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? 'body';
  throw malformed(`${field === '' ? 'The request' : field}: ${issue?.message ?? 'not as it should be'}.`, field);
}

/** Reads and checks the body. */
export async function parse<S extends z.ZodType>(schema: S, ctx: Context): Promise<z.infer<S>> {
  return check(schema, await readFields(ctx));
}

/** Checks the query; a repeated parameter is malformed. */
export const parseQuery = <S extends z.ZodType>(schema: S, ctx: Context): z.infer<S> => check(schema, { ...ctx.query });
