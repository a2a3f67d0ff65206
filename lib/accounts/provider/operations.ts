import type { Core } from '../../core.ts';
import { conflict, DomainError, forbidden } from '../../errors.ts';
import { t } from '../../language/text.ts';
import { sha256 } from '../../secrets.ts';
import { nameKey } from '../account.ts';
import type { Credential } from '../credentials-port.ts';
import { createAccount, endSessions } from '../operations.ts';
import type { User } from '../port.ts';
import type { AfterSignUp } from '../proxy-sign-in.ts';
import { isEmpty } from '../sign-up-mode.ts';
import type { Identity } from './provider.ts';

const idOf = ({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>): string => `identity-${sha256(`${issuer}\n${subject}`)}`;

/** The identity at the provider that a person's account is connected with. */
export const identityOf = async ({ store }: Core, { id }: User): Promise<Credential | undefined> =>
  (await store.credentials.ofUser(id)).find(({ kind }) => kind === 'identity');

/**
 * The account of whom the provider vouches for: the one that is connected; with OIDC_TRUST_NAMES the one with the name that the provider gives; else a
 * new one. Errors: `forbidden`.
 */
export async function memberOf(core: Core, identity: Identity, afterSignUp: AfterSignUp): Promise<User> {
  const connected = await core.store.credentials.byId(idOf(identity));
  const user = connected
    ? await core.store.users.byId(connected.user)
    : ((await namedAlike(core, identity)) ?? (await create(core, identity, afterSignUp)));
  if (!user || user.disabled) throw forbidden(t`This account is disabled. Ask an administrator.`);
  return user;
}

/** Connects an account with an identity. Errors: `conflict` when either is connected already. */
export async function connect(core: Core, user: User, identity: Identity): Promise<void> {
  const present = await core.store.credentials.byId(idOf(identity));
  if (present?.user === user.id) return;
  if (present || (await identityOf(core, user)))
    throw conflict(
      present ? t`That log-in is connected already. Disconnect it first.` : t`This account is connected already. Disconnect it first.`,
    );
  await insert(core, user, identity);
}

async function insert(core: Core, user: User, identity: Identity): Promise<void> {
  const isNew = await core.store.credentials.insert({
    ...{ id: idOf(identity), user: user.id, kind: 'identity', sealed: '', label: new URL(identity.issuer).host, counter: 0 },
    ...{ createdAt: core.now(), lastUsedAt: null },
  });
  if (!isNew) throw conflict(t`That log-in is connected with another account.`);
  core.securityLog.record({ event: 'provider_connected', user: user.id, by: user.id, detail: new URL(identity.issuer).host });
}

/** Errors: `conflict` for a person who could not log in any more. */
export async function disconnect(core: Core, user: User): Promise<void> {
  if (user.passwordHash === null) throw conflict(t`Your account has no password, so you could not log in any more.`);
  const identity = await identityOf(core, user);
  await core.store.credentials.removeAll(user.id, 'identity');
  if (identity) core.securityLog.record({ event: 'provider_disconnected', user: user.id, detail: identity.label });
}

/** Ends the sessions of a person who has logged out at the provider; tokens and bots go on. Somebody without an account has none. */
export async function endSessionsOf(core: Core, identity: Pick<Identity, 'issuer' | 'subject'>): Promise<void> {
  const connected = await core.store.credentials.byId(idOf(identity));
  if (connected) await endSessions(core, connected.user, connected.user);
}

/** Only with OIDC_TRUST_NAMES: where people choose their names at the provider, they could choose that of an administrator. */
async function namedAlike(core: Core, identity: Identity): Promise<User | undefined> {
  const [name] = identity.names;
  if (!core.config.oidcTrustNames || name === undefined) return undefined;
  const user = await core.store.users.byNameKey(nameKey(name));
  if (!user || user.bot || user.disabled || (await identityOf(core, user))) return undefined;
  await connect(core, user, identity);
  return user;
}

const MORE_NAMES = 20;

/** A new account, with the first name that no other has. */
async function create(core: Core, identity: Identity, afterSignUp: AfterSignUp): Promise<User> {
  if (await isEmpty(core))
    throw forbidden(t`The first account is the operator’s: sign up with a password, or run parley user create NAME.`);
  const [first] = identity.names;
  const numbered = first === undefined ? [] : Array.from({ length: MORE_NAMES }, (_, at) => `${first} ${at + 2}`);
  for (const name of [...identity.names, ...numbered]) {
    const user = await createAccount(core, { name, password: null }).catch(unlessNameRefused);
    if (!user) continue;
    await insert(core, user, identity);
    await afterSignUp(user);
    return user;
  }
  throw forbidden(t`There can be no account with a name of this log-in. Ask an administrator.`);
}

function unlessNameRefused(error: unknown): undefined {
  if (!(error instanceof DomainError && error.field === 'name')) throw error;
}
