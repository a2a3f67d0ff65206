import type { Context } from 'koa';
import type { Config } from '../../config.ts';
import { siteUrlOf } from '../../http/context.ts';

export const AUTHORIZE = '/oauth/authorize';
export const TOKEN = '/oauth/token';
export const REVOKE = '/oauth/revoke';
export const REGISTER = '/oauth/register';
export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';
export const SERVER_METADATA = '/.well-known/oauth-authorization-server';
/** The path of the only resource, the MCP server. */
export const RESOURCE = '/mcp';
/** The only scope: what the MCP server offers, as the person. */
export const SCOPE = 'mcp';

type Settings = Pick<Config, 'publicUrl' | 'oauthRegistration'>;

/** The issuer identifier: the address of this site. */
export const issuerOf = (ctx: Context, config: Settings): string => siteUrlOf(ctx, config);

/** The resource that tokens are for (RFC 8707). */
export const resourceOf = (ctx: Context, config: Settings): string => `${issuerOf(ctx, config)}${RESOURCE}`;

/** Whether a client means this resource; some add a slash. */
export const isResource = (given: string, resource: string): boolean => given === resource || given === `${resource}/`;

/** The value of WWW-Authenticate of the resource (RFC 9728, section 5.1). `isRefused`: a token was sent. */
export function challengeOf(ctx: Context, config: Settings, isRefused: boolean): string {
  const error = isRefused ? 'error="invalid_token", ' : '';
  return `Bearer ${error}resource_metadata="${issuerOf(ctx, config)}${RESOURCE_METADATA}${RESOURCE}", scope="${SCOPE}"`;
}

/** The metadata of the protected resource (RFC 9728). `name`: of the site. */
export const resourceMetadata = (ctx: Context, config: Settings, name: string): object => ({
  resource: resourceOf(ctx, config),
  authorization_servers: [issuerOf(ctx, config)],
  scopes_supported: [SCOPE],
  bearer_methods_supported: ['header'],
  resource_name: name,
});

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'];

/** The metadata of the authorization server (RFC 8414, RFC 9207). */
export function serverMetadata(ctx: Context, config: Settings): object {
  const issuer = issuerOf(ctx, config);
  return {
    issuer,
    authorization_endpoint: `${issuer}${AUTHORIZE}`,
    token_endpoint: `${issuer}${TOKEN}`,
    revocation_endpoint: `${issuer}${REVOKE}`,
    ...(config.oauthRegistration === 'open' ? { registration_endpoint: `${issuer}${REGISTER}` } : {}),
    client_id_metadata_document_supported: config.oauthRegistration !== 'off',
    scopes_supported: [SCOPE],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    authorization_response_iss_parameter_supported: true,
  };
}
