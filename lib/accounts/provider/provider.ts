import type { Configuration } from 'openid-client';
import type { Config } from '../../config.ts';
import { parseName } from '../account.ts';
import { checkLogoutToken, openProviderKeys } from './logout-token.ts';
import { ProviderFailed } from './provider-failed.ts';

/** What a log-in at the provider is checked by when it comes back. */
export type Checks = { readonly state: string; readonly nonce: string; readonly verifier: string };

/** Whom the provider vouches for. */
export type Identity = {
  readonly issuer: string;
  readonly subject: string;
  /** Possible names for an account, the best one first. */
  readonly names: readonly string[];
  /** The provider's groups; undefined when it sends none. */
  readonly groups: readonly string[] | undefined;
  /** Whether the provider has asked for more than one factor (`mfa` in `amr`: RFC 8176). */
  readonly isStrong: boolean;
  readonly idToken: string;
};

/** The OpenID Connect provider of the organisation. Every method rejects with ProviderFailed when the provider does not answer, or answers wrongly. */
export type Provider = {
  /** Where a log-in goes on, by the authorisation code flow with PKCE. */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly checks: Checks }>;
  /** Checks the answer, `url` as the browser has opened it, and everything in the ID token. */
  finish(url: URL, checks: Checks): Promise<Identity>;
  /** Where the provider logs out and returns from; undefined when it cannot. */
  logOutUrl(idToken: string, returnTo: string): Promise<string | undefined>;
  /** Checks a token by which the provider says that a person has logged out there (OpenID Connect Back-Channel Logout 1.0). */
  loggedOut(logoutToken: string): Promise<Pick<Identity, 'issuer' | 'subject'>>;
};

const TIMEOUT_S = 10;
/** How long what was discovered is used. Keys of the provider are renewed by the library. */
const DISCOVERY_MS = 3_600_000;

/** Undefined unless OIDC_ISSUER is set. Loads the library, and asks the provider, at the first log-in. */
export function openProvider(config: Config, now: () => number): Provider | undefined {
  const { oidcIssuer, oidcClientId } = config;
  if (oidcIssuer === undefined || oidcClientId === undefined) return undefined;
  const keys = openProviderKeys();
  let discovered: { readonly at: number; readonly found: Promise<Configuration> } | undefined;
  const configuration = (): Promise<Configuration> => {
    if (!discovered || now() > discovered.at + DISCOVERY_MS) {
      const found = discover(config, oidcIssuer, oidcClientId);
      discovered = { at: now(), found };
      found.catch(() => {
        discovered = undefined;
      });
    }
    return discovered.found;
  };
  return {
    begin: (redirectUri) => guarded(async () => begin(await configuration(), config, redirectUri)),
    finish: (url, checks) => guarded(async () => finish(await configuration(), config, url, checks)),
    logOutUrl: (idToken, returnTo) => guarded(async () => logOutUrl(await configuration(), idToken, returnTo)),
    loggedOut: (token) =>
      guarded(async () => {
        const { issuer, jwks_uri: keysUri } = (await configuration()).serverMetadata();
        if (keysUri === undefined) throw new ProviderFailed('the provider has no keys', false);
        return checkLogoutToken(token, { issuer, audience: oidcClientId, key: await keys(keysUri) });
      }),
  };
}

async function discover({ oidcClientSecret }: Config, issuer: string, clientId: string): Promise<Configuration> {
  const oidc = await import('openid-client');
  const how = oidcClientSecret === undefined ? oidc.None() : undefined;
  const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []; // only on this machine: lib/config-readers.ts
  return oidc.discovery(new URL(issuer), clientId, oidcClientSecret, how, { execute, timeout: TIMEOUT_S });
}

async function begin(configuration: Configuration, { oidcScopes: scope }: Config, redirectUri: string) {
  const oidc = await import('openid-client');
  const checks = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
  const challenge = await oidc.calculatePKCECodeChallenge(checks.verifier);
  const url = oidc.buildAuthorizationUrl(configuration, {
    ...{ redirect_uri: redirectUri, scope, state: checks.state, nonce: checks.nonce },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
  });
  return { url: url.href, checks };
}

async function finish(configuration: Configuration, config: Config, url: URL, { state, nonce, verifier }: Checks): Promise<Identity> {
  const oidc = await import('openid-client');
  const tokens = await oidc.authorizationCodeGrant(configuration, url, {
    ...{ pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
  });
  const idClaims = tokens.claims();
  if (!idClaims || tokens.id_token === undefined) throw new ProviderFailed('there is no ID token', false);
  const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
  const more = hasUserInfo ? await oidc.fetchUserInfo(configuration, tokens.access_token, idClaims.sub) : {};
  const claims: Readonly<Record<string, unknown>> = { ...more, ...idClaims };
  return {
    ...{ issuer: idClaims.iss, subject: idClaims.sub, names: namesIn(claims), idToken: tokens.id_token },
    groups: textsIn(claims[config.oidcGroupsClaim]),
    isStrong: textsIn(idClaims.amr)?.includes('mfa') === true,
  };
}

async function logOutUrl(configuration: Configuration, idToken: string, returnTo: string): Promise<string | undefined> {
  if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
  const oidc = await import('openid-client');
  return oidc.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo, id_token_hint: idToken }).href;
}

/** The texts of a claim: one, or a list. */
const textsIn = (claim: unknown): string[] | undefined =>
  claim === undefined ? undefined : [claim].flat().filter((one): one is string => typeof one === 'string');

/** Without the domain of a name that is an address. */
function namesIn(claims: Readonly<Record<string, unknown>>): string[] {
  const given = ['preferred_username', 'name', 'nickname', 'email'].flatMap((claim) => textsIn(claims[claim])?.slice(0, 1) ?? []);
  const names = given.flatMap((text) => {
    try {
      return [parseName(text.replace(/@.*$/s, ''))];
    } catch {
      return [];
    }
  });
  return [...new Set(names)];
}

/** Errors of the library have codes; its messages may have what the provider sent. */
async function guarded<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ProviderFailed) throw error;
    const { name, code, error: said } = error as { name?: string; code?: string; error?: unknown };
    const reason = [name, code, typeof said === 'string' ? said : undefined, causeOf(error)].filter(Boolean).join(' ');
    throw new ProviderFailed(reason || 'unknown', said === 'access_denied' || said === 'login_required' || said === 'consent_required');
  }
}

function causeOf(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown; name?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : undefined;
}
