import { LRUCache } from 'lru-cache';
import type { Core } from '../../core.ts';
import { tooMany } from '../../errors.ts';
import { t } from '../../language/text.ts';
import { send } from '../../outbound/request.ts';
import { addressesOf, parseTarget } from '../../outbound/ssrf-guard.ts';
import { decodeUtf8 } from '../../text/body.ts';
import type { User } from '../port.ts';
import { clientName } from './clients.ts';
import type { KnownClient } from './port.ts';
import { isRedirectUri, MAX_REDIRECT_URIS } from './redirect-uri.ts';

const MAX_BYTES = 16_384;
const WITHIN_MS = 5000;
const KEPT_MS = 5 * 60_000;
const MAX_KEPT = 100;
/** Documents that one account causes to be fetched. */
const RATE = { perSecond: 1 / 60, burst: 20 };

/**
 * Whether a `client_id` is the address of a Client ID Metadata Document (draft-ietf-oauth-client-id-metadata-document): https with a path, without user
 * name, fragment and dot segments.
 */
export function isDocumentUrl(id: string): boolean {
  const url = id.length <= 500 && /^https:\/\/[\x21-\x7e]+$/.test(id) ? URL.parse(id) : null;
  return url !== null && url.href === id && url.pathname !== '/' && url.username === '' && url.password === '' && !id.includes('#');
}

/** The client that a document describes, for the address that it was fetched from; undefined when it is not valid, or needs a key that is not supported. */
export function clientIn(id: string, document: string): KnownClient | undefined {
  const fields = fieldsIn(document);
  if (fields.client_id !== id || (fields.token_endpoint_auth_method ?? 'none') !== 'none' || 'client_secret' in fields) return undefined;
  const uris: unknown = fields.redirect_uris;
  if (!Array.isArray(uris) || uris.length === 0 || uris.length > MAX_REDIRECT_URIS) return undefined;
  const redirectUris = uris.filter((uri): uri is string => typeof uri === 'string' && isRedirectUri(uri));
  if (redirectUris.length < uris.length) return undefined;
  const given = typeof fields.client_name === 'string' ? clientName(fields.client_name) : '';
  return { id, name: given === '' ? new URL(id).host : given, redirectUris, source: 'document' };
}

function fieldsIn(document: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(document);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Reads the client at an address, for somebody who is logged in. Undefined when there is no valid document. Errors: `tooMany`. */
export type ReadDocument = (user: User, id: string) => Promise<KnownClient | undefined>;

/** Fetches documents by the guarded client, and keeps them for 5 minutes. */
export function openDocuments(core: Core): ReadDocument {
  const kept = new LRUCache<string, KnownClient>({ max: MAX_KEPT, ttl: KEPT_MS });
  return async (user, id) => {
    const known = kept.get(id);
    if (known) return known;
    const waitMs = await core.rateLimiter.takeShared(`oauth-documents:${user.id}`, RATE.perSecond, RATE.burst);
    if (waitMs > 0) throw tooMany(t`Too many programs that describe themselves. Try again in a few minutes.`, waitMs);
    const client = await fetchClient(core, id);
    if (client) kept.set(id, client);
    return client;
  };
}

async function fetchClient({ config, logger }: Core, id: string): Promise<KnownClient | undefined> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  try {
    const url = parseTarget(id);
    const addresses = await addressesOf(url, config, { signal });
    const { status, body } = await send({ url, addresses, method: 'GET', headers: { Accept: 'application/json' }, body: '', signal });
    return status === 200 && body.length <= MAX_BYTES ? clientIn(id, decodeUtf8(body)) : undefined;
  } catch (error) {
    logger.debug({ err: error, host: new URL(id).host }, 'the description of a program cannot be read');
    return undefined;
  }
}
