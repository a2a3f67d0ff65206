import type { AuditSubject } from '../../audit/act.ts';
import type { Core } from '../../core.ts';
import { invalid, notFound } from '../../errors.ts';
import { randomId, randomToken, type UserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { sha256 } from '../../secrets.ts';
import { endGrant } from './grants.ts';
import type { OAuthClient } from './port.ts';
import { isRedirectUri, MAX_REDIRECT_URIS } from './redirect-uri.ts';

const MAX_NAME_LENGTH = 60;
/** Those that administrators have added. */
export const MAX_CLIENTS = 200;
/** Grants that are ended at a time. */
const AT_ONCE = 200;
const SECRET_LENGTH = 40;
/** Invisible characters and those that change the direction of text, with which a name could look like another text. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** A name of a program as it is shown: without invisible characters, 60 characters at most; '' when nothing is left. */
export function clientName(text: string): string {
  const visible = text.normalize('NFKC').replace(/\s/gu, ' ').replace(INVISIBLE, '');
  const name = visible.replace(/ +/g, ' ').trim();
  return [...name].slice(0, MAX_NAME_LENGTH).join('').trim();
}

type NewClient = { readonly name: string; readonly redirectUris: readonly string[]; readonly hasSecret: boolean };

/** A client that an administrator adds. `secret`: undefined for a public client; shown once. Errors: `invalid` (name, redirect). */
export async function addClient(
  core: Core,
  { name, redirectUris, hasSecret }: NewClient,
): Promise<{ readonly client: OAuthClient; readonly secret?: string }> {
  const shown = clientName(name);
  if (shown === '') throw invalid('name', t`Name is missing: enter 1 to ${MAX_NAME_LENGTH} characters.`);
  if (redirectUris.length === 0 || redirectUris.length > MAX_REDIRECT_URIS)
    throw invalid('redirect', t`A program needs 1 to ${MAX_REDIRECT_URIS} redirect URIs.`);
  const wrong = redirectUris.find((uri) => !isRedirectUri(uri));
  if (wrong !== undefined)
    throw invalid('redirect', t`${wrong.slice(0, 100)} is no redirect URI: it needs https, http on this machine, or the scheme of an app.`);
  if ((await core.store.oauthClients.listAdded(MAX_CLIENTS)).length >= MAX_CLIENTS)
    throw invalid('name', t`There are ${MAX_CLIENTS} programs, which is the limit. Remove one first.`);
  const { client, secret } = newClient(core, { name: shown, redirectUris, hasSecret, source: 'added', expiresAt: null });
  await core.store.oauthClients.insert(client);
  await core.audit.record({ act: 'oauth_client_added', subject: ofClient(client), detail: redirectUris.join(' ') });
  return secret === undefined ? { client } : { client, secret };
}

/** A new record, and the secret whose hash it has. */
export function newClient(
  { random, now }: Pick<Core, 'random' | 'now'>,
  { hasSecret, ...fields }: NewClient & Pick<OAuthClient, 'source' | 'expiresAt'>,
): { client: OAuthClient; secret: string | undefined } {
  const secret = hasSecret ? randomToken(random, SECRET_LENGTH) : undefined;
  const client = { id: randomId(random, 20), ...fields, secret: secret === undefined ? null : sha256(secret), createdAt: now() };
  return { client, secret };
}

/** Removes a client, and disconnects it from everybody. `by`: who requested it; undefined: nobody with an account. Errors: `notFound`. */
export async function removeClient(core: Core, by: UserId | undefined, id: string): Promise<OAuthClient> {
  const client = await core.store.oauthClients.byId(id);
  if (!client || !(await core.store.oauthClients.remove(id))) throw notFound(t`There is no such program.`);
  for (;;) {
    const grants = await core.store.oauthGrants.ofClient(id, AT_ONCE);
    for (const grant of grants) await endGrant(core, by ?? grant.user, grant);
    if (grants.length < AT_ONCE) break;
  }
  await core.audit.record({ act: 'oauth_client_removed', subject: ofClient(client) });
  return client;
}

const ofClient = ({ id, name }: OAuthClient): AuditSubject => ({ kind: 'client', id, name });
