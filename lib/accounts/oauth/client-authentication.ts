import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { sameText, sha256 } from '../../secrets.ts';
import { isDocumentUrl } from './metadata-document.ts';
import { invalidClient, invalidRequest } from './oauth-error.ts';

type Given = { readonly client_id?: string | undefined; readonly client_secret?: string | undefined };

/**
 * The `client_id` of a request to the token or revocation endpoint, once its secret is checked if it has one. A client that describes itself is public, so
 * that its id is all that it shows: what it presents must have been issued to that id. Errors (OAuthError): `invalid_request`, `invalid_client`.
 */
export async function authenticateClient(ctx: Context, { store, config }: Core, body: Given): Promise<string> {
  const basic = basicOf(ctx);
  if (basic && body.client_secret) throw invalidRequest('The client secret is given twice.');
  if (basic && body.client_id !== undefined && body.client_id !== basic.id)
    throw invalidRequest('client_id differs from the header Authorization.');
  const id = basic?.id ?? body.client_id ?? '';
  const secret = (basic?.secret ?? body.client_secret) || undefined;
  if (id === '') throw invalidClient('client_id is missing.');
  if (isDocumentUrl(id) && config.oauthRegistration !== 'off') {
    if (secret !== undefined) throw invalidClient('This client has no secret.');
    return id;
  }
  const client = await store.oauthClients.byId(id);
  if (!client) throw invalidClient('The client is unknown.');
  if (client.secret === null && secret !== undefined) throw invalidClient('This client has no secret.');
  if (client.secret !== null && (secret === undefined || !sameText(client.secret, sha256(secret))))
    throw invalidClient('The client secret is missing or wrong.');
  return id;
}

/** The header Authorization: Basic, whose parts are form-encoded (RFC 6749, section 2.3.1). */
function basicOf(ctx: Context): { readonly id: string; readonly secret: string } | undefined {
  const header = ctx.get('Authorization');
  if (header === '') return undefined;
  const [, encoded] = /^Basic ([A-Za-z0-9+/]{1,2000}={0,2})$/i.exec(header) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (id === undefined || secret === undefined)
    throw invalidClient('The header Authorization must be Basic, with client_id and client_secret.');
  return { id: formDecoded(id), secret: formDecoded(secret) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
