import { createHash, randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { addClient } from '../../../lib/accounts/oauth/clients.ts';
import type { Answer, Client } from '../../helpers/client.ts';
import type { TestOptions } from '../../helpers/server.ts';
import { openSite, type Site } from '../../helpers/site.ts';

export const REDIRECT = 'https://agent.example/back';

export type Parameters = Readonly<Record<string, string>>;
export type Tokens = { readonly access_token: string; readonly refresh_token: string };

/** A site with a program that an administrator has added. `id`: its client id; `secret`: '' for a public one. */
export type OAuthSite = Site & { readonly id: string; readonly secret: string };

type Options = TestOptions & { readonly hasSecret?: boolean };

export async function openOAuthSite(t: ExecutionContext, { hasSecret = false, ...options }: Options = {}): Promise<OAuthSite> {
  const site = await openSite(t, options);
  const { client, secret = '' } = await addClient(site.core, { name: 'Agent', redirectUris: [REDIRECT], hasSecret });
  return { ...site, id: client.id, secret };
}

/** A PKCE verifier, and its challenge. */
export function newPkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The parameters of an authorization request; '' removes one. */
export function requestOf(site: Pick<OAuthSite, 'id' | 'url'>, challenge: string, changed: Parameters = {}): string {
  const all = {
    ...{ response_type: 'code', client_id: site.id, redirect_uri: REDIRECT, state: 'st&te' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256', resource: `${site.url}/mcp`, ...changed },
  };
  return `/oauth/authorize?${new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''))}`;
}

const unescaped = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

/** The hidden fields of the form on a page. */
export function hiddenIn({ text }: Answer): Record<string, string> {
  const inputs = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)];
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, unescaped(value)]));
}

/** Opens the page of a request and presses one of its buttons. Resolves to where the browser is sent. */
export async function decide(t: ExecutionContext, who: Client, path: string, decision: 'connect' | 'cancel' = 'connect'): Promise<URL> {
  const page = await who.get(path);
  t.is(page.status, 200, page.text);
  const answer = await who.form('/oauth/authorize', { ...hiddenIn(page), decision });
  t.is(answer.status, 303, answer.text);
  return new URL(answer.headers.get('Location') ?? '');
}

/** A code that Bob has allowed, and the verifier that it needs. */
export async function newCode(t: ExecutionContext, site: OAuthSite, changed: Parameters = {}): Promise<{ code: string; verifier: string }> {
  const { verifier, challenge } = newPkce();
  const sent = await decide(t, site.bob, requestOf(site, challenge, changed));
  return { code: sent.searchParams.get('code') ?? '', verifier };
}

/** A request to the token endpoint, by a public client unless the site's has a secret. */
export const askToken = (site: OAuthSite, fields: Parameters, headers: Parameters = {}): Promise<Answer> =>
  site
    .client()
    .form(
      '/oauth/token',
      { client_id: site.id, ...(site.secret === '' ? {} : { client_secret: site.secret }), ...fields },
      { Accept: 'application/json', ...headers },
    );

export function redeem(site: OAuthSite, { code, verifier }: { code: string; verifier: string }, more: Parameters = {}): Promise<Answer> {
  const particulars = { code, code_verifier: verifier, redirect_uri: REDIRECT, resource: `${site.url}/mcp` };
  return askToken(site, { grant_type: 'authorization_code', ...particulars, ...more });
}

export const refresh = (site: OAuthSite, token: string, more: Parameters = {}): Promise<Answer> =>
  askToken(site, { grant_type: 'refresh_token', refresh_token: token, ...more });

/** The client id of a public program that registers itself, where the site lets it. */
export async function registered({ client }: Pick<OAuthSite, 'client'>): Promise<string> {
  const metadata = { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' };
  return String((await client().json('POST', '/oauth/register', metadata)).json().client_id);
}

/** Tokens by which the program acts as Bob. */
export async function connected(t: ExecutionContext, site: OAuthSite): Promise<Tokens> {
  const answer = await redeem(site, await newCode(t, site));
  t.is(answer.status, 200, answer.text);
  return answer.json<Tokens>();
}

/** What the MCP server answers to a list of tools by this token: the status. */
export async function mcpStatus(site: OAuthSite, token: string): Promise<number> {
  const headers = { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  return (await site.client().bearer(token).send('/mcp', { method: 'POST', headers, body })).status;
}

/** The status and error code of an answer of OAuth. */
export const errorOf = ({ status, json }: Answer): [number, unknown] => [status, json().error];
