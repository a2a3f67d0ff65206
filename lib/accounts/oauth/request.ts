import type { Context } from 'koa';
import { z } from 'zod';
import type { Core } from '../../core.ts';
import { invalid } from '../../errors.ts';
import { t } from '../../language/text.ts';
import type { User } from '../port.ts';
import { isResource, resourceOf } from './endpoints.ts';
import { isDocumentUrl, type ReadDocument } from './metadata-document.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';
import type { KnownClient } from './port.ts';
import { isRegistered } from './redirect-uri.ts';

const parameter = z.string('must be given once').max(2000, 'must have 2000 characters at most').optional();

/** The parameters of an authorization request (OAuth 2.1, section 4.1.1; RFC 8707). Others are ignored. */
export const authorizationParameters = z.object({
  response_type: parameter,
  client_id: parameter,
  redirect_uri: parameter,
  state: parameter,
  scope: parameter,
  code_challenge: parameter,
  code_challenge_method: parameter,
  resource: parameter,
  response_mode: parameter,
});
export type AuthorizationParameters = z.infer<typeof authorizationParameters>;

/** Whom an authorization request is from and where its answer goes, both verified. */
export type Requester = { readonly client: KnownClient; readonly redirectUri: string };

/**
 * The client of a request and its address, which must be known before anything is answered there. Errors: `invalid` (client_id, redirect_uri), for the
 * person; those of ReadDocument.
 */
export async function requesterOf(
  core: Core,
  user: User,
  parameters: AuthorizationParameters,
  readDocument: ReadDocument,
): Promise<Requester> {
  const client = await knownClient(core, user, parameters.client_id ?? '', readDocument);
  if (!client) throw invalid('client_id', t`This program is not known here. An administrator can add it.`);
  const [only, ...others] = client.redirectUris;
  const redirectUri = parameters.redirect_uri ?? (others.length === 0 ? only : undefined);
  if (redirectUri === undefined || !isRegistered(client.redirectUris, redirectUri))
    throw invalid('redirect_uri', t`${client.name} wants to be answered at an address that is not registered for it (redirect_uri).`);
  return { client, redirectUri };
}

async function knownClient(core: Core, user: User, id: string, readDocument: ReadDocument): Promise<KnownClient | undefined> {
  const { oauthRegistration } = core.config;
  if (isDocumentUrl(id)) return oauthRegistration === 'off' ? undefined : readDocument(user, id);
  const client = await core.store.oauthClients.byId(id);
  if (!client || client.source === 'added') return client;
  const isExpired = client.expiresAt !== null && client.expiresAt <= core.now();
  return isExpired || oauthRegistration !== 'open' ? undefined : client;
}

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** What is wrong with the rest of a request, for its client; undefined when nothing is. */
export function faultIn(ctx: Context, core: Core, parameters: AuthorizationParameters): OAuthError | undefined {
  const { response_type, response_mode, code_challenge, code_challenge_method, resource } = parameters;
  if (response_type !== 'code') return new OAuthError('unsupported_response_type', 'response_type must be code.');
  if (response_mode !== undefined && response_mode !== 'query') return invalidRequest('response_mode must be query.');
  if (code_challenge === undefined) return invalidRequest('code_challenge is missing: PKCE is required.');
  if (code_challenge_method !== 'S256') return invalidRequest('code_challenge_method must be S256.');
  if (!CHALLENGE.test(code_challenge)) return invalidRequest('code_challenge must be the base64url of a SHA-256, 43 characters.');
  const wanted = resourceOf(ctx, core.config);
  if (resource !== undefined && !isResource(resource, wanted)) return new OAuthError('invalid_target', `resource must be ${wanted}.`);
  return undefined;
}
