import type { Context } from 'koa';
import type { z } from 'zod';
import { DomainError } from '../errors.ts';
import { t } from '../language/text.ts';
import { decodeUtf8 } from '../text/body.ts';
import { MAX_REQUEST_BYTES, readAnonymous, readRaw } from './body.ts';
import { stateOf } from './context.ts';
import { type Received, receiveForm } from './multipart.ts';
import { partsOf } from './multipart-parts.ts';
import { discardRest } from './unread-body.ts';

/** The maximum length of each file that is skipped while the text of a form is read, in bytes. */
const MAX_SKIPPED_FILE_BYTES = 26_214_400;

const malformed = (message: string, field?: string): DomainError =>
  new DomainError('malformed', message, field === undefined ? {} : { field });

/** The body as named fields: a form, a multipart form (text parts only) or a JSON object; `text/*` becomes the field `body`. Errors: `malformed`, `tooLarge`. */
async function readFields(ctx: Context, maxBytes?: number): Promise<Readonly<Record<string, unknown>>> {
  const fields = await fieldsIn(ctx, await bodyOf(ctx, maxBytes));
  stateOf(ctx).fields = fields;
  return fields;
}

/** The fields of a form whose handling failed, reading the body if it has not been read. Undefined when it is no form, or cannot be read. */
export async function readUnreadForm(ctx: Context): Promise<Readonly<Record<string, unknown>> | undefined> {
  const kind = ctx.method === 'POST' && ctx.is('urlencoded', 'multipart');
  if (kind && !ctx.req.readableDidRead)
    await (kind === 'urlencoded' ? readFields(ctx, MAX_REQUEST_BYTES) : readSkippingFiles(ctx)).catch(() => {});
  return kind ? stateOf(ctx).fields : undefined;
}

/** Reads the fields of a form of any size and skips its files. */
async function readSkippingFiles(ctx: Context): Promise<void> {
  const { viewer, bodyBudget } = stateOf(ctx);
  const received: Received<never> = { fields: {}, files: [] };
  stateOf(ctx).fields = received.fields;
  const hold = viewer ? undefined : bodyBudget?.hold(ctx.ip);
  hold?.take(MAX_REQUEST_BYTES);
  const limits = { fileBytes: MAX_SKIPPED_FILE_BYTES, ...(hold && { refused: hold.refused }) };
  await receiveForm({ source: ctx.req, type: ctx.get('Content-Type') }, limits, received, () =>
    Promise.reject(malformed('Files are not accepted here.')),
  ).finally(hold?.release);
}

/**
 * The body; that of someone who is not logged in within the budget, of at most `maxBytes` (default: those of the forms before the log-in).
 * When it is refused, the fields of its beginning are kept. Errors: those of readRaw, and `unavailable`.
 */
async function bodyOf(ctx: Context, maxBytes?: number): Promise<Buffer> {
  refuseCompressed(ctx);
  const { viewer, bodyBudget } = stateOf(ctx);
  if (viewer || !bodyBudget) return readRaw(ctx.req);
  const { bytes, error } = await readAnonymous(ctx.req, ctx.ip, bodyBudget, maxBytes);
  if (error === undefined) return bytes;
  discardRest(ctx);
  if (!ctx.is('urlencoded')) throw error;
  const text = decodeUtf8(bytes);
  const cutAt = text.lastIndexOf('&');
  stateOf(ctx).fields = fieldsOf(new URLSearchParams(text.slice(0, Math.max(0, cutAt))));
  throw named(error, text.slice(cutAt + 1));
}

/** The error, with the name of the field in which the body exceeded its limit. */
function named(error: unknown, pair: string): unknown {
  const [, field] = /^([\w.-]{1,64})=/.exec(pair) ?? [];
  return error instanceof DomainError && error.code === 'tooLarge' && field !== undefined
    ? new DomainError('tooLarge', t`${field} is too long. ${error.message}`, { field })
    : error;
}

/** Only incoming webhooks decompress, within their limit. */
function refuseCompressed(ctx: Context): void {
  const coding = ctx.get('Content-Encoding').toLowerCase();
  if (coding === '' || coding === 'identity') return;
  discardRest(ctx);
  throw malformed(`The Content-Encoding is ${coding.slice(0, 50)}: send the body uncompressed.`);
}

async function fieldsIn(ctx: Context, raw: Buffer): Promise<Readonly<Record<string, unknown>>> {
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
