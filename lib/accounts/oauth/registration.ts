import type { Context } from 'koa';
import { z } from 'zod';
import type { Core } from '../../core.ts';
import { networkOf } from '../../network.ts';
import { clientName, newClient } from './clients.ts';
import { OAuthError } from './oauth-error.ts';
import { isRedirectUri, MAX_REDIRECT_URIS } from './redirect-uri.ts';

/** How long a client is kept that nobody allows anything, ms. */
const UNUSED_MS = 86_400_000;
/** Registrations from one network, and from all. */
const RATE = { perSecond: 10 / 3600, burst: 20 };
const RATE_OF_ALL = { perSecond: 60 / 3600, burst: 100 };

/** The client metadata that is understood (RFC 7591, section 2). Others are ignored. */
export const registrationForm = z.object({
  redirect_uris: z.array(z.string().max(2000)).max(100),
  client_name: z.string().max(1000).optional(),
  token_endpoint_auth_method: z.string().max(100).optional(),
  grant_types: z.array(z.string().max(100)).max(20).optional(),
  response_types: z.array(z.string().max(100)).max(20).optional(),
});

const AUTH_METHODS: readonly string[] = ['none', 'client_secret_basic', 'client_secret_post'];
const GRANT_TYPES: readonly string[] = ['authorization_code', 'refresh_token'];

/** Registers a client (RFC 7591). Resolves to the answer; a secret is in it once. Errors (OAuthError): `invalid_redirect_uri`, `invalid_client_metadata`, `temporarily_unavailable`. */
export async function register(ctx: Context, core: Core, form: z.infer<typeof registrationForm>): Promise<object> {
  const { redirect_uris, client_name = '', token_endpoint_auth_method: method = 'client_secret_basic' } = form;
  const { grant_types = ['authorization_code'], response_types = ['code'] } = form;
  if (redirect_uris.length === 0 || redirect_uris.length > MAX_REDIRECT_URIS)
    throw new OAuthError('invalid_redirect_uri', `redirect_uris needs 1 to ${MAX_REDIRECT_URIS} addresses.`);
  if (!redirect_uris.every(isRedirectUri))
    throw new OAuthError('invalid_redirect_uri', 'redirect_uris must be https, http on this machine, or the scheme of an app.');
  if (!AUTH_METHODS.includes(method)) throw metadataFault(`token_endpoint_auth_method must be one of ${AUTH_METHODS.join(', ')}.`);
  if (!grant_types.includes('authorization_code')) throw metadataFault('grant_types must have authorization_code.');
  if (!response_types.includes('code')) throw metadataFault('response_types must have code.');
  await checkRates(ctx, core);
  const hasSecret = method !== 'none';
  const name = clientName(client_name) || new URL(redirect_uris[0] ?? '').host || 'MCP client';
  const { client, secret } = newClient(core, {
    ...{ name, redirectUris: redirect_uris, hasSecret, source: 'registered' },
    expiresAt: core.now() + UNUSED_MS,
  });
  await core.store.oauthClients.insert(client);
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    client_name: name,
    redirect_uris,
    token_endpoint_auth_method: method,
    grant_types: GRANT_TYPES.filter((type) => type === 'authorization_code' || grant_types.includes(type)),
    response_types: ['code'],
  };
}

const metadataFault = (description: string): OAuthError => new OAuthError('invalid_client_metadata', description);

async function checkRates(ctx: Context, { rateLimiter }: Core): Promise<void> {
  for (const [name, { perSecond, burst }] of [
    [`oauth-register:${networkOf(ctx.ip)}`, RATE],
    ['oauth-register', RATE_OF_ALL],
  ] as const) {
    const waitMs = await rateLimiter.takeShared(name, perSecond, burst);
    if (waitMs > 0) throw new OAuthError('temporarily_unavailable', 'Too many registrations. Try again later.', 429, waitMs);
  }
}
