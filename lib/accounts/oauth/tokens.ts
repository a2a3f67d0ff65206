import { createHash } from 'node:crypto';
import type { Core } from '../../core.ts';
import type { UserId } from '../../ids.ts';
import { sameText } from '../../secrets.ts';
import { SCOPE } from './endpoints.ts';
import { endGrant, type Misuse } from './grants.ts';
import { invalidGrant, OAuthError } from './oauth-error.ts';
import type { OAuthGrant } from './port.ts';
import { newFamily, newSecret, parseSecret, type Secret } from './secret.ts';

/** How long a code, an access token and an unused refresh token are valid, ms. */
export const CODE_MS = 60_000;
export const ACCESS_MS = 3_600_000;
export const REFRESH_MS = 90 * 86_400_000;
/** How long a client that registered itself is kept after a token was issued to it: longer than that token. */
const CLIENT_MS = REFRESH_MS + 7 * 86_400_000;
/** Access tokens of one grant that are valid at once: a request may be on its way with the one before. */
const MAX_ACCESS = 5;

type Allowed = Pick<OAuthGrant, 'client' | 'clientName' | 'redirectUri' | 'challenge' | 'resource'>;

/** Issues an authorization code to a client that the person has allowed. */
export async function issueCode(core: Core, user: UserId, allowed: Allowed): Promise<string> {
  const code = newSecret(core.random, 'code', newFamily(core.random));
  const now = await core.sharedNow();
  await core.store.oauthGrants.insert({
    ...{ id: code.grant, ...allowed, user, redeemed: false, current: code.hash, access: [] },
    ...{ createdAt: now, lastUsedAt: null, expiresAt: now + CODE_MS },
  });
  core.securityLog.record({ event: 'program_connected', user, detail: allowed.clientName });
  return code.text;
}

/** What the token endpoint answers (RFC 6749, section 5.1). */
export type Tokens = {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly scope: string;
};

/** `client`: the authenticated `client_id`. Undefined: the client has not sent it. */
type Redeeming = {
  readonly client: string;
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string | undefined;
  readonly resource: string | undefined;
};

/**
 * Exchanges a code for tokens, once. A code that is presented again ends what came of it, and one with wrong particulars is void. Errors (OAuthError):
 * `invalid_grant`, `invalid_target`.
 */
export async function redeemCode(core: Core, given: Redeeming): Promise<Tokens> {
  const code = parseSecret('code', given.code);
  const grant = code && (await core.store.oauthGrants.byId(code.grant));
  if (!grant) throw invalidGrant('The code is unknown or has expired.');
  if (grant.redeemed || grant.current !== code.hash) throw await misused(core, grant, 'code used twice');
  const fault = await faultOf(core, grant, given);
  if (fault) {
    await core.store.oauthGrants.remove(grant.id);
    throw fault;
  }
  return issue(core, grant, code, 'code used twice');
}

async function faultOf(core: Core, grant: OAuthGrant, given: Redeeming): Promise<OAuthError | undefined> {
  if (grant.expiresAt <= (await core.sharedNow())) return invalidGrant('The code is unknown or has expired.');
  if (grant.client !== given.client) return invalidGrant('The code was issued to another client.');
  if (given.redirectUri !== undefined && given.redirectUri !== grant.redirectUri)
    return invalidGrant('redirect_uri differs from that of the authorization request.');
  const challenge = createHash('sha256').update(given.verifier).digest('base64url');
  if (!sameText(challenge, grant.challenge)) return invalidGrant('code_verifier does not match the code_challenge.');
  return targetFault(grant, given.resource) ?? (await ownerFault(core, grant));
}

const targetFault = ({ resource }: OAuthGrant, given: string | undefined): OAuthError | undefined =>
  given === undefined || given === resource ? undefined : new OAuthError('invalid_target', `The tokens are for ${resource} only.`);

async function ownerFault({ store }: Core, { user }: OAuthGrant): Promise<OAuthError | undefined> {
  const owner = await store.users.byId(user);
  return owner && !owner.disabled ? undefined : invalidGrant('The account is disabled.');
}

type Refreshing = { readonly client: string; readonly refreshToken: string; readonly resource: string | undefined };

/** Replaces a refresh token, once. One that was replaced before ends all tokens of its grant. Errors (OAuthError): `invalid_grant`, `invalid_target`. */
export async function refreshTokens(core: Core, { client, refreshToken, resource }: Refreshing): Promise<Tokens> {
  const token = parseSecret('refresh', refreshToken);
  const grant = token && (await core.store.oauthGrants.byId(token.grant));
  if (!grant?.redeemed || grant.client !== client || grant.expiresAt <= (await core.sharedNow()))
    throw invalidGrant('The refresh token is unknown, expired or revoked.');
  if (grant.current !== token?.hash) throw await misused(core, grant, 'refresh token used twice');
  const fault = targetFault(grant, resource) ?? (await ownerFault(core, grant));
  if (fault) throw fault;
  return issue(core, grant, token, 'refresh token used twice');
}

/** Takes the place of the code or refresh token that was presented. Of two requests with the same one, the later ends the grant. */
async function issue(core: Core, grant: OAuthGrant, seen: Secret, misuse: Misuse): Promise<Tokens> {
  const now = await core.sharedNow();
  const [access, refresh] = [newSecret(core.random, 'access', seen.family), newSecret(core.random, 'refresh', seen.family)];
  const valid = grant.access.filter(({ expiresAt }) => expiresAt > now).slice(1 - MAX_ACCESS);
  const isIssued = await core.store.oauthGrants.advance(grant.id, seen.hash, {
    current: refresh.hash,
    access: [...valid, { hash: access.hash, expiresAt: now + ACCESS_MS }],
    expiresAt: now + REFRESH_MS,
  });
  if (!isIssued) throw await misused(core, grant, misuse);
  await keepClient(core, grant.client, now);
  return {
    access_token: access.text,
    token_type: 'Bearer',
    expires_in: ACCESS_MS / 1000,
    refresh_token: refresh.text,
    scope: SCOPE,
  };
}

async function misused(core: Core, grant: OAuthGrant, misuse: Misuse): Promise<OAuthError> {
  await endGrant(core, grant.user, grant, misuse);
  return invalidGrant('It was used before: the connection is ended, since somebody else may have it.');
}

async function keepClient({ store }: Core, id: string, now: number): Promise<void> {
  const client = await store.oauthClients.byId(id);
  if (client && client.expiresAt !== null && client.expiresAt < now + REFRESH_MS) await store.oauthClients.extend(id, now + CLIENT_MS);
}

/** Ends the grant of a token that its client gives up (RFC 7009). An unknown token, and one of another client, changes nothing. */
export async function revokeByClient(core: Core, client: string, text: string): Promise<void> {
  const token = parseSecret('refresh', text) ?? parseSecret('access', text);
  const grant = token && (await core.store.oauthGrants.byId(token.grant));
  if (grant?.client === client && isOf(grant, token)) await endGrant(core, grant.user, grant);
}

const isOf = ({ current, access }: OAuthGrant, token: Secret | undefined): boolean =>
  token !== undefined && (current === token.hash || access.some(({ hash }) => hash === token.hash));
