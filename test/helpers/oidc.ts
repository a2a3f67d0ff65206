import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider from 'oidc-provider';
import type { Client } from './client.ts';

/** Claims of a person at the provider, besides `sub`. */
export type Claims = Readonly<Record<string, unknown>>;

/** A real OpenID Connect provider on this machine, which logs in whom the test says, without a page. */
export type OidcServer = {
  /** The settings of a site that uses it. */
  readonly env: Record<string, string>;
  /** The key that it signs with. */
  readonly key: CryptoKey;
  /** Who logs in next; undefined: the person refuses. */
  person: { readonly sub: string; readonly claims: Claims; readonly amr?: readonly string[] } | undefined;
  /** Begins to serve this site. */
  serve(site: string): void;
  /** Tells the site that this person has logged out, as the provider does when a session of it ends. Rejects when the site does not take it. */
  tellLogOut(sub: string): Promise<void>;
  close(): Promise<void>;
};

const CLIENT = { client_id: 'parley', client_secret: 'a secret of the client' } as const;

export async function startOidcServer(t: Pick<ExecutionContext, 'teardown'>): Promise<OidcServer> {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    const closed = once(http, 'close');
    http.close();
    http.closeAllConnections();
    await closed;
  };
  t.teardown(() => (http.listening ? close() : undefined));
  const known = new Map<string, Claims>();
  const { privateKey: key } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(key)), use: 'sig', alg: 'RS256' };
  const server: OidcServer = {
    key,
    env: { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: CLIENT.client_id, OIDC_CLIENT_SECRET: CLIENT.client_secret, OIDC_NAME: 'Example Ltd' },
    person: undefined,
    serve(site) {
      const provider = providerOf(issuer, site, known, jwk);
      http.on('request', handlerOf(provider, server, known));
      server.tellLogOut = async (sub) => {
        const client = await provider.Client.find(CLIENT.client_id);
        await (client as unknown as { backchannelLogout(sub: string, session: string): Promise<void> }).backchannelLogout(sub, 'a session');
      };
    },
    tellLogOut: async () => {},
    close,
  };
  return server;
}

function providerOf(issuer: string, site: string, known: ReadonlyMap<string, Claims>, jwk: JWK): Provider {
  return new Provider(issuer, {
    clients: [
      {
        ...CLIENT,
        redirect_uris: [`${site}/login/oidc/callback`],
        post_logout_redirect_uris: [`${site}/`],
        backchannel_logout_uri: `${site}/login/oidc/logout`,
      },
    ],
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, ...known.get(sub) }) }),
    claims: { openid: ['sub', 'amr'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
    jwks: { keys: [jwk] },
    fetch: fetchAnywhere,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ['a key of the provider'] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
  });
}

/** The provider's own refuses sites on this machine. */
const fetchAnywhere: typeof fetch = (url, options) => {
  const { dispatcher: _, ...rest } = { ...options } as RequestInit & { dispatcher?: unknown };
  return fetch(url, rest);
};

function handlerOf(provider: Provider, server: OidcServer, known: Map<string, Claims>): RequestListener {
  const callback = provider.callback();
  return async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void callback(request, response);
    const { prompt, params } = await provider.interactionDetails(request, response);
    const { person } = server;
    if (!person) return provider.interactionFinished(request, response, { error: 'access_denied' });
    known.set(person.sub, person.claims);
    if (prompt.name === 'login') {
      const amr = person.amr ? { amr: [...person.amr] } : {};
      return provider.interactionFinished(request, response, { login: { accountId: person.sub, ...amr } });
    }
    const grant = new provider.Grant({ accountId: person.sub, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };
}

/** Opens a URL at the provider as a browser with a jar of its own, and follows its redirects back to the site. Resolves to the URL of the callback. */
export async function goThrough(url: string, { url: site }: Client): Promise<string> {
  const jar = new Map<string, string>();
  let next = url;
  for (let hop = 0; hop < 12; hop += 1) {
    if (next.startsWith(site)) return next.slice(site.length);
    const answer = await fetch(next, {
      redirect: 'manual',
      headers: { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`the provider answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
    next = new URL(location, next).href;
  }
  throw new Error('too many redirects');
}
