import { DomainError } from '../errors.ts';

/** What an incoming webhook says, whatever shape it came in. */
export type Payload = { readonly text: string; readonly username: string | undefined };

const bad = (): DomainError => new DomainError('malformed', 'invalid_payload');

/**
 * Reads a webhook's raw body. The Content-Type is only a hint, since real clients send JSON without one, JSON as a form, and text as either:
 * a body that starts with `{` is JSON; `payload=` or a form with a known field is a form; anything else is the text itself.
 * Errors: `malformed` (a body that looks like JSON and is not).
 */
export function readPayload(body: string, type: string): Payload {
  const trimmed = body.replace(/^\ufeff/, '').trim();
  if (trimmed.startsWith('{')) return fromJson(trimmed);
  if (trimmed.startsWith('[') && type.includes('json')) throw bad();
  if (trimmed.startsWith('payload=') || type.includes('application/x-www-form-urlencoded')) return fromForm(body, trimmed);
  return { text: body, username: undefined };
}

function fromJson(text: string): Payload {
  const value = parseObject(text);
  if (!value) throw bad();
  const body = [value.text, value.message, value.content].find((field) => typeof field === 'string' || typeof field === 'number');
  return { text: body === undefined ? '' : String(body), username: typeof value.username === 'string' ? value.username : undefined };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function fromForm(body: string, trimmed: string): Payload {
  const raw = trimmed.startsWith('payload=') ? parseObject(trimmed.slice('payload='.length)) : undefined;
  if (raw) return fromJson(JSON.stringify(raw));
  const form = new URLSearchParams(trimmed);
  const payload = form.get('payload');
  if (payload !== null) return fromJson(payload);
  const text = form.get('text') ?? form.get('message') ?? form.get('content');
  return { text: text ?? body, username: form.get('username') ?? undefined };
}
