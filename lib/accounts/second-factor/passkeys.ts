import { isIP } from 'node:net';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Core } from '../../core.ts';
import { conflict, type DomainError, invalid } from '../../errors.ts';
import { t } from '../../language/text.ts';
import type { Credential } from '../credentials-port.ts';
import type { User } from '../port.ts';
import { factorsOf, firstCodes } from './operations.ts';

/** The site that a passkey is for: its host name (relying party id) and its origin. */
export type PasskeySite = { readonly host: string; readonly origin: string };

export function passkeySite(siteUrl: string): PasskeySite {
  const { hostname, origin } = new URL(siteUrl);
  return { host: hostname, origin };
}

/** Whether browsers accept passkeys for this site: an IP address cannot have any. */
export const hasPasskeys = ({ host }: PasskeySite): boolean => isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0;

export const MAX_PASSKEYS = 20;
/** EdDSA, ES256 and RS256 (COSE): every authenticator has one of them, and Node.js has all. */
const ALGORITHMS = [-8, -7, -257];
const refused = (): DomainError => invalid('response', t`The passkey was not accepted. Try again.`);
const idOf = (passkey: string): string => `passkey-${passkey}`;

/** What is sealed: the public key, base64url. */
type Key = { readonly publicKey: string };

/** Options for `navigator.credentials.create`. `challenge` is to be kept for the answer. Errors: `conflict` when the person has MAX_PASSKEYS. */
export async function creationOptions(core: Core, { id, name }: User, { host }: PasskeySite) {
  const { generateRegistrationOptions } = await import('@simplewebauthn/server');
  const { passkeys } = await factorsOf(core, id);
  if (passkeys.length >= MAX_PASSKEYS) throw conflict(t`You have ${MAX_PASSKEYS} passkeys, which is the limit. Remove one first.`);
  return generateRegistrationOptions({
    ...{
      rpName: core.site.identity.name,
      rpID: host,
      userName: name,
      userDisplayName: name,
      userID: new TextEncoder().encode(id),
      attestationType: 'none',
    },
    excludeCredentials: passkeys.map((one) => ({ id: rawIdOf(one) })),
    supportedAlgorithmIDs: ALGORITHMS,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  });
}

type Answer<Response> = { readonly challenge: string | undefined; readonly response: Response };

/** Stores a passkey. `label`: the browser that made it. Resolves to new recovery codes if the person has none. Errors: `invalid` (response). */
export async function addPasskey(
  core: Core,
  user: User,
  { host, origin }: PasskeySite,
  { challenge, response, label }: Answer<RegistrationResponseJSON> & { readonly label: string },
): Promise<readonly string[]> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const { registrationInfo } = await accepted(challenge, (expectedChallenge) =>
    verifyRegistrationResponse({
      ...{ response, expectedChallenge, expectedOrigin: origin, expectedRPID: host, requireUserVerification: false },
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  );
  if (!registrationInfo) throw refused();
  const { id, publicKey, counter } = registrationInfo.credential;
  const key: Key = { publicKey: Buffer.from(publicKey).toString('base64url') };
  const isNew = await core.store.credentials.insert({
    ...{ id: idOf(id), user: user.id, kind: 'passkey', label, counter },
    ...{ sealed: core.secrets.seal(JSON.stringify(key)), createdAt: core.now(), lastUsedAt: null },
  });
  if (!isNew) throw invalid('response', t`This passkey is set up already.`);
  core.securityLog.record({ event: 'second_factor_added', user: user.id, detail: `passkey, ${label}` });
  return firstCodes(core, user.id);
}

/**
 * Options for `navigator.credentials.get`: of one person as the second factor, or of anybody without a password, whom the authenticator must verify (by a
 * PIN, a finger, a face). `challenge` is to be kept for the answer.
 */
export async function requestOptions(core: Core, { host }: PasskeySite, person: User | undefined) {
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
  const own = person ? (await factorsOf(core, person.id)).passkeys : [];
  return generateAuthenticationOptions({
    ...{ rpID: host, allowCredentials: own.map((one) => ({ id: rawIdOf(one) })) },
    userVerification: person ? 'preferred' : 'required',
  });
}

/** The person whose passkey has answered; with `person`, only that one. Errors: `invalid` (response). */
export async function checkPasskey(
  core: Core,
  { host, origin }: PasskeySite,
  { challenge, response, person }: Answer<AuthenticationResponseJSON> & { readonly person: User | undefined },
): Promise<User> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const passkey = await core.store.credentials.byId(idOf(response.id));
  const user = passkey && (await core.store.users.byId(passkey.user));
  const key = passkey && keyOf(core, passkey);
  if (!user || !key || user.disabled || (person && person.id !== user.id)) throw refused();
  const { verified, authenticationInfo } = await accepted(challenge, (expectedChallenge) =>
    verifyAuthenticationResponse({
      ...{ response, expectedChallenge, expectedOrigin: origin, expectedRPID: host, requireUserVerification: person === undefined },
      credential: { id: response.id, publicKey: Uint8Array.from(Buffer.from(key.publicKey, 'base64url')), counter: passkey.counter },
    }),
  );
  if (!verified || !(await core.store.credentials.use(passkey.id, passkey.counter, authenticationInfo.newCounter, core.now())))
    throw refused();
  return user;
}

function keyOf(core: Core, { sealed }: Credential): Key | undefined {
  const opened = core.secrets.open(sealed);
  return opened === undefined ? undefined : JSON.parse(opened);
}

const rawIdOf = ({ id }: Credential): string => id.slice(idOf('').length);

/** The library throws for whatever does not fit: another challenge, origin, signature, a counter that has gone back. */
async function accepted<T>(challenge: string | undefined, verify: (challenge: string) => Promise<T>): Promise<T> {
  if (challenge === undefined) throw invalid('response', t`That took more than 5 minutes. Try again.`);
  try {
    return await verify(challenge);
  } catch {
    throw refused();
  }
}
