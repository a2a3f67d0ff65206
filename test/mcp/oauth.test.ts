import {
  Client as McpClient,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import test, { type ExecutionContext } from 'ava';
import { addClient } from '../../lib/accounts/oauth/clients.ts';
import { decide } from '../accounts/oauth/oauth.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { postAs } from '../helpers/fixtures.ts';
import { openSite, type Site } from '../helpers/site.ts';
import { call, MODERN, type Mode } from './connect.ts';

const REDIRECT = 'http://127.0.0.1:40123/callback';

/** What a program keeps between the steps of OAuth, as the official client asks for it. */
class Kept implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT;
  readonly clientMetadata = {
    ...{ client_name: 'Test agent', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' },
    grant_types: ['authorization_code', 'refresh_token'],
  };
  client: StoredOAuthClientInformation | undefined;
  held: StoredOAuthTokens | undefined;
  discovered: OAuthDiscoveryState | undefined;
  asked: URL | undefined;
  #verifier = '';

  constructor(client?: StoredOAuthClientInformation) {
    this.client = client;
  }
  state = (): string => 'a state';
  clientInformation = () => this.client;
  saveClientInformation = (client: StoredOAuthClientInformation): void => {
    this.client = client;
  };
  tokens = () => this.held;
  saveTokens = (tokens: StoredOAuthTokens): void => {
    this.held = tokens;
  };
  redirectToAuthorization = (url: URL): void => {
    this.asked = url;
  };
  saveCodeVerifier = (verifier: string): void => {
    this.#verifier = verifier;
  };
  codeVerifier = (): string => this.#verifier;
  saveDiscoveryState = (state: OAuthDiscoveryState): void => {
    this.discovered = state;
  };
  discoveryState = () => this.discovered;
  invalidateCredentials = (what: string): void => {
    if (what !== 'client') this.held = undefined;
    if (what === 'client' || what === 'all') this.client = undefined;
  };
}

/** The address at which the program knows the site, and the way there. */
type Place = { readonly url: string; readonly fetch?: typeof fetch };

/** The official client, connected by OAuth as this person; closed with the test. */
async function connectAs(t: ExecutionContext, who: Client, place: Place, kept: Kept, mode: Mode = MODERN): Promise<McpClient> {
  const options = { authProvider: kept, ...(place.fetch ? { fetch: place.fetch } : {}) };
  const transport = () => new StreamableHTTPClientTransport(new URL(`${place.url}/mcp`), options);
  const open = () => new McpClient({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const first = transport();
  await t.throwsAsync(open().connect(first), { instanceOf: UnauthorizedError });
  const asked = kept.asked ?? t.fail('nobody was asked');
  t.is((asked as URL).origin + (asked as URL).pathname, `${place.url}/oauth/authorize`);
  const sent = await decide(t, who, (asked as URL).href.slice(new URL(place.url).origin.length));
  t.is(sent.origin + sent.pathname, REDIRECT);
  t.is(sent.searchParams.get('state'), 'a state');
  await first.finishAuth(sent.searchParams);
  const client = open();
  await client.connect(transport());
  t.teardown(() => client.close());
  return client;
}

const added = async ({ core, url }: Site, hasSecret: boolean, issuer = url): Promise<StoredOAuthClientInformation> => {
  const { client, secret } = await addClient(core, { name: 'Test agent', redirectUris: ['http://127.0.0.1/callback'], hasSecret });
  return { client_id: client.id, issuer, ...(secret === undefined ? {} : { client_secret: secret }) };
};

for (const [what, mode, hasSecret] of [
  ['the newest revision, public', MODERN, false],
  ['an older revision, with a secret', 'legacy', true],
] as const)
  test(`MCP over OAuth: the official client finds, asks, connects and acts as the person (${what})`, async (t) => {
    const site = await openSite(t);
    const kept = new Kept(await added(site, hasSecret));
    const agent = await connectAs(t, site.bob, site, kept, mode);
    t.like(await call(t, agent, 'who_am_i'), { name: 'Bob' });
    await call(t, agent, 'post_message', { group: 'lobby', body: 'Posted by OAuth' });
    t.regex((await site.ann.get('/groups/lobby')).text, /Posted by OAuth/);
    await t.throwsAsync(call(t, agent, 'nothing'));
  });

test('MCP over OAuth: the official client refreshes its tokens when they have expired', async (t) => {
  const site = await openSite(t);
  const kept = new Kept(await added(site, false));
  const agent = await connectAs(t, site.bob, site, kept);
  const before = kept.held;
  site.clock.turn(2 * 3_600_000);
  t.like(await call(t, agent, 'who_am_i'), { name: 'Bob' });
  t.not(kept.held?.access_token, before?.access_token);
  t.not(kept.held?.refresh_token, before?.refresh_token);
});

test('MCP over OAuth: the official client registers itself where the site lets it, and not elsewhere', async (t) => {
  const open = await openSite(t, { env: { OAUTH_REGISTRATION: 'open' } });
  const kept = new Kept();
  const agent = await connectAs(t, open.bob, open, kept);
  t.like(await call(t, agent, 'who_am_i'), { name: 'Bob' });
  t.truthy(kept.client?.client_id);
  const closed = await openSite(t);
  const refused = new Kept();
  const transport = new StreamableHTTPClientTransport(new URL(`${closed.url}/mcp`), { authProvider: refused });
  const error = await t.throwsAsync(new McpClient({ name: 'test', version: '1' }).connect(transport));
  t.regex(String(error), /registration/i);
  t.is(refused.asked, undefined);
});

test('MCP over OAuth: a site below a path is found by the official client', async (t) => {
  const publicUrl = 'https://chat.example.org/chat';
  const site = await openSite(t, { env: { PUBLIC_URL: publicUrl } });
  const there = ((input: string | URL | Request, init?: RequestInit) =>
    fetch(String(input).replace('https://chat.example.org', site.url), init)) as typeof fetch;
  const kept = new Kept(await added(site, false, publicUrl));
  const agent = await connectAs(t, site.bob, { url: publicUrl, fetch: there }, kept);
  t.like(await call(t, agent, 'who_am_i'), { name: 'Bob' });
  t.is(kept.discovered?.resourceMetadataUrl, `${publicUrl}/.well-known/oauth-protected-resource/mcp`);
  t.is(kept.discovered?.authorizationServerUrl, publicUrl);
});

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const METHOD = 'subscriptions/listen';
const LISTEN_HEADERS = {
  ...{ Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' },
  ...{ 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': METHOD },
};
const LISTEN = {
  ...{ jsonrpc: '2.0', id: 7, method: METHOD },
  params: { notifications: { resourceSubscriptions: ['parley://groups/lobby'] }, _meta: META },
};

test('MCP over OAuth: a subscription ends with its connection, and when its token expires', async (t) => {
  const site = await openSite(t, { heartbeatMs: 100 });
  const kept = new Kept(await added(site, false));
  const listen = async (): Promise<{ closed: Promise<unknown> }> => {
    const program = site.client().bearer(kept.held?.access_token ?? '');
    const answer = await program.open('/mcp', { method: 'POST', headers: LISTEN_HEADERS, body: JSON.stringify(LISTEN) });
    t.is(answer.status, 200);
    return { closed: answer.text() };
  };
  await connectAs(t, site.bob, site, kept);
  const stream = await listen();
  await postAs(site.ann, 'Something new');
  const [grant] = await site.core.store.oauthGrants.ofUser(site.bobUser.id);
  await site.bob.form(`/settings/programs/${grant?.id}/disconnect`, {});
  await stream.closed;
  await eventually(() => site.server.hub.streams === 0);
  const again = new Kept(kept.client);
  await connectAs(t, site.bob, site, again);
  kept.held = again.held;
  const late = await listen();
  site.clock.turn(3_600_001);
  await late.closed;
  await eventually(() => site.server.hub.streams === 0);
});
