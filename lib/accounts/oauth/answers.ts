import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { authenticateClient } from './client-authentication.ts';
import { isResource, resourceOf } from './endpoints.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';
import { redeemCode, refreshTokens, revokeByClient, type Tokens } from './tokens.ts';

type Parameters<Name extends string> = { readonly [N in Name]?: string | undefined };
type ClientName = 'client_id' | 'client_secret';
type TokenName = 'grant_type' | 'code' | 'code_verifier' | 'redirect_uri' | 'refresh_token' | 'resource';

/** RFC 7636, section 4.1. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

/** What the token endpoint answers. Errors: OAuthError. */
export async function answerToken(ctx: Context, core: Core, form: Parameters<ClientName | TokenName>): Promise<Tokens> {
  const client = await authenticateClient(ctx, core, form);
  const resource = wantedResource(ctx, core, form.resource);
  const given = <N extends TokenName>(name: N): string => {
    const value = form[name];
    if (!value) throw invalidRequest(`${name} is missing.`);
    return value;
  };
  switch (given('grant_type')) {
    case 'authorization_code': {
      const [code, verifier] = [given('code'), given('code_verifier')];
      if (!VERIFIER.test(verifier)) throw invalidRequest('code_verifier must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~');
      return redeemCode(core, { client, code, verifier, redirectUri: form.redirect_uri, resource });
    }
    case 'refresh_token':
      return refreshTokens(core, { client, refreshToken: given('refresh_token'), resource });
    default:
      throw new OAuthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token.');
  }
}

/** The resource that is asked for, as its tokens name it: without the slash that some clients add. */
function wantedResource(ctx: Context, { config }: Core, given: string | undefined): string | undefined {
  const own = resourceOf(ctx, config);
  return given !== undefined && isResource(given, own) ? own : given;
}

/** Revokes a token; the answer does not tell whether there was one (RFC 7009, section 2.2). Errors: OAuthError. */
export async function answerRevocation(ctx: Context, core: Core, form: Parameters<ClientName | 'token'>): Promise<object> {
  const client = await authenticateClient(ctx, core, form);
  if (!form.token) throw invalidRequest('token is missing.');
  await revokeByClient(core, client, form.token);
  return {};
}
