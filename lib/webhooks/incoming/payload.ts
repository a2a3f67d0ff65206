import { DomainError } from '../../errors.ts';
import { partsOf } from '../../http/multipart-parts.ts';
import { decodeUtf8 } from '../../text/body.ts';
import { type File, isJsonObject, type JsonObject, lookUp, type Parsed } from './formats/read.ts';

/** The payload of a delivery: an object whose format is not yet detected, or text. `sameness` is equal for repeated deliveries. */
export type Payload = { readonly sameness: string } & (
  | { readonly kind: 'object'; readonly parsed: Parsed }
  | { readonly kind: 'text'; readonly text: string; readonly isMarkdown: boolean }
);

const bad = (): DomainError => new DomainError('malformed', 'invalid_payload');

/** The maximum length of a decompressed body, in bytes. */
const MAX_INFLATED_BYTES = 4 * 1024 * 1024;

/** The Content-Encoding is not supported. */
export class UnknownEncoding extends Error {}

/** Decompresses a body. Errors: `malformed`, `tooLarge` (past MAX_INFLATED_BYTES), UnknownEncoding. */
export async function inflate(raw: Buffer, encoding: string): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return raw;
  const { gunzip, inflate: unzip, inflateRaw, brotliDecompress } = await import('node:zlib');
  type Decompress = (raw: Buffer, options: { maxOutputLength: number }, done: (error: Error | null, inflated: Buffer) => void) => void;
  const isZlib = raw.length > 1 && ((raw[0] ?? 0) & 15) === 8 && raw.readUInt16BE(0) % 31 === 0; // otherwise the raw deflate stream that some clients send
  const decompressors: Readonly<Record<string, Decompress>> = {
    gzip: gunzip,
    'x-gzip': gunzip,
    deflate: isZlib ? unzip : inflateRaw,
    br: brotliDecompress,
  };
  const decompress = lookUp(decompressors, name);
  if (!decompress) throw new UnknownEncoding(name);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      decompress(raw, { maxOutputLength: MAX_INFLATED_BYTES }, (error, inflated) => (error ? reject(error) : resolve(inflated)));
    });
  } catch (error) {
    const isBomb = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw isBomb
      ? new DomainError('tooLarge', `The request body is too large: ${MAX_INFLATED_BYTES} bytes at most once decompressed.`)
      : bad();
  }
}

/**
 * Parses a webhook's body. The Content-Type is only a hint, since clients send JSON without one, JSON as a form, and text as either:
 * a body that starts with `{` is JSON; `payload=` or a form with a known field is a form; anything else is plain text.
 * Errors: `malformed` (invalid JSON or multipart).
 */
export async function readPayload(raw: Buffer, type: string): Promise<Payload> {
  const kind = type.toLowerCase();
  if (kind.startsWith('multipart/form-data')) return fromMultipart(raw, type);
  const body = decodeText(raw, kind).replace(/^\ufeff/, '');
  const trimmed = body.trim();
  if (trimmed.startsWith('{')) return objectOf(parseObject(trimmed), body);
  if (trimmed.startsWith('[') && kind.includes('json')) throw bad();
  if (trimmed.startsWith('payload=') || kind.includes('application/x-www-form-urlencoded')) return fromForm(body, trimmed);
  if (trimmed.startsWith('<') && /\bxml\b/.test(kind)) return fromXml(body);
  return { kind: 'text', text: body, isMarkdown: kind.startsWith('text/markdown'), sameness: body };
}

function objectOf(value: JsonObject | undefined, sameness: string, files: readonly File[] = [], isMultipart = false): Payload {
  if (!value) throw bad();
  return { kind: 'object', parsed: { value, files, isMultipart }, sameness };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Decodes as UTF-8 if the bytes are valid UTF-8, otherwise with the declared charset. */
function decodeText(raw: Buffer, type: string): string {
  const [, charset = ''] = /charset="?([\w.:-]{1,40})/.exec(type) ?? [];
  const isWide = (raw[0] === 0xff && raw[1] === 0xfe) || (raw[0] === 0xfe && raw[1] === 0xff);
  if (isWide) return new TextDecoder(raw[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(raw);
  if (!charset.startsWith('utf-16')) {
    const text = decodeUtf8(raw);
    if (!text.includes('\ufffd')) return text;
  }
  try {
    return new TextDecoder(charset || 'utf-8').decode(raw);
  } catch {
    return decodeUtf8(raw);
  }
}

const KNOWN_FIELDS = ['text', 'message', 'content', 'title', 'body'];

/** Parses a form: JSON in `payload`, URL-encoded or not; otherwise its fields. Without a known field it is text that `curl -d` declared as a form. */
function fromForm(body: string, trimmed: string): Payload {
  const unencoded = trimmed.startsWith('payload=') ? parseObject(trimmed.slice('payload='.length)) : undefined;
  if (unencoded) return objectOf(unencoded, body);
  const form = new URLSearchParams(trimmed);
  const payload = form.get('payload');
  if (payload !== null) return objectOf(parseObject(payload.trim()), body);
  if (!KNOWN_FIELDS.some((name) => form.has(name))) return { kind: 'text', text: body, isMarkdown: false, sameness: body };
  return objectOf(Object.fromEntries(form), body);
}

/** Parses a multipart form. Boundaries differ between retries, so `sameness` is computed from the parts. */
async function fromMultipart(raw: Buffer, type: string): Promise<Payload> {
  const parts = await partsOf(raw, type).catch(() => {
    throw bad();
  });
  const fields = Object.fromEntries(parts.flatMap((part) => ('text' in part ? [[part.name, part.text] as const] : [])));
  const sent = parts.flatMap((part) => ('file' in part ? [part] : []));
  const files = sent.flatMap(({ name, file, content }) => (isPayload(name) ? [] : [{ name: file || name, bytes: content.length }]));
  // Some senders give the JSON a file name.
  const json = sent.find(({ name }) => isPayload(name))?.content;
  return payloadOfParts(fields, files, json && decodeUtf8(json));
}

/** The payload of a multipart form whose parts have been read. Errors: `malformed`. */
export function payloadOfParts(fields: Readonly<Record<string, string>>, files: readonly File[], part?: string): Payload {
  const json = fields.payload_json ?? fields.payload ?? part;
  const sameness = JSON.stringify([Object.entries(fields), json, files]);
  return objectOf(json === undefined ? fields : parseObject(json.trim()), sameness, files, true);
}

/** Whether a field contains the payload as JSON. */
export const isPayload = (name: string): boolean => name === 'payload' || name === 'payload_json';

const XML_ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", '#39': "'" };

/** Parses Apprise's XML: an envelope with Subject and Message. Any other XML is plain text. */
function fromXml(body: string): Payload {
  const tag = (name: string): string | undefined => {
    const [, inner] = new RegExp(`<(?:\\w{1,20}:)?${name}>([^<]*)<`, 'i').exec(body) ?? [];
    return inner?.replace(/&(lt|gt|amp|quot|apos|#39);/g, (all, entity: string) => XML_ENTITIES[entity] ?? all);
  };
  const [title, message, type] = [tag('Subject'), tag('Message'), tag('MessageType')];
  if (message === undefined && title === undefined) return { kind: 'text', text: body, isMarkdown: false, sameness: body };
  return objectOf({ title, message, type }, body);
}
