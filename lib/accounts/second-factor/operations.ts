import type { Core } from '../../core.ts';
import { conflict, forbidden, invalid, notFound } from '../../errors.ts';
import type { UserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { needsSecondFactor } from '../../required-factor.ts';
import type { Credential } from '../credentials-port.ts';
import type { User } from '../port.ts';
import { countAttempt, factorCount, takeBack } from '../throttle.ts';
import { newRecoveryCode, RECOVERY_CODES, recoveryId } from './recovery-codes.ts';
import { newSecret, stepOf, uriOf } from './totp.ts';

/** The second factors of a person. `codes`: the number of recovery codes that are left. */
export type Factors = { readonly totp: Credential | undefined; readonly passkeys: readonly Credential[]; readonly codes: number };

export async function factorsOf({ store }: Core, user: UserId): Promise<Factors> {
  const found = await store.credentials.ofUser(user);
  const of = (wanted: Credential['kind']): Credential[] => found.filter(({ kind }) => kind === wanted);
  return { totp: of('totp')[0], passkeys: of('passkey'), codes: of('recovery').length };
}

/** Whether a log-in by password needs a second factor. Recovery codes alone are none: they stand in for one. */
export const hasFactor = ({ totp, passkeys }: Factors): boolean => totp !== undefined || passkeys.length > 0;

const SETUP_MS = 15 * 60_000;
export const totpId = (user: UserId): string => `totp-${user}`;

/** An authenticator app that is being set up. `sealed`: comes back with its first code. */
export type TotpSetup = { readonly secret: string; readonly uri: string; readonly sealed: string };

/** Makes a secret for an app; nothing is stored before its first code. `site`: how apps call this server. */
export async function beginTotp(core: Core, { id, name }: User, site: string): Promise<TotpSetup> {
  const secret = await newSecret();
  return {
    secret,
    uri: await uriOf(secret, { site, account: name }),
    sealed: core.secrets.seal(JSON.stringify({ user: id, secret, at: core.now() })),
  };
}

/** The set-up that a form brings back. Errors: `invalid` (code): it is of another person, or older than 15 minutes. */
function openTotpSetup(core: Core, user: UserId, sealed: string): { readonly secret: string } {
  const { user: of, secret, at } = JSON.parse(core.secrets.open(sealed) ?? '{}');
  if (of !== user || typeof secret !== 'string' || core.now() > at + SETUP_MS)
    throw invalid('code', t`The set-up has taken more than 15 minutes. Begin again.`);
  return { secret };
}

/** The same set-up again, after a wrong code. Errors: `invalid` (code). */
export async function continueTotp(core: Core, { id, name }: User, site: string, sealed: string): Promise<TotpSetup> {
  const { secret } = openTotpSetup(core, id, sealed);
  return { secret, uri: await uriOf(secret, { site, account: name }), sealed };
}

/** Stores the app whose code this is. Resolves to new recovery codes if the person has none. Errors: `invalid` (code), `conflict`. */
export async function finishTotp(core: Core, user: User, sealed: string, code: string): Promise<readonly string[]> {
  const { secret } = openTotpSetup(core, user.id, sealed);
  const step = await stepOf(secret, digitsOf(code), core.now());
  if (step === undefined) throw invalid('code', t`Code is wrong. Enter the six digits that the app shows now; its clock must be right.`);
  const isNew = await core.store.credentials.insert({
    ...{ id: totpId(user.id), user: user.id, kind: 'totp', label: 'Authenticator app', counter: step },
    ...{ sealed: core.secrets.seal(secret), createdAt: core.now(), lastUsedAt: null },
  });
  if (!isNew) throw conflict(t`You have an authenticator app already. Remove it first.`, 'code');
  core.securityLog.record({ event: 'second_factor_added', user: user.id, detail: 'authenticator app' });
  return firstCodes(core, user.id);
}

/** Recovery codes for a person who has set up a factor and has none. */
export const firstCodes = async (core: Core, user: UserId): Promise<readonly string[]> =>
  (await factorsOf(core, user)).codes > 0 ? [] : createCodes(core, user);

/** Replaces the recovery codes; the old ones stop working. */
export async function createCodes(core: Core, user: UserId): Promise<readonly string[]> {
  await core.store.credentials.removeAll(user, 'recovery');
  const codes = Array.from({ length: RECOVERY_CODES }, () => newRecoveryCode(core));
  for (const code of codes)
    await core.store.credentials.insert({
      ...{ id: recoveryId(core, user, code), user, kind: 'recovery', sealed: '', label: '', counter: 0 },
      ...{ createdAt: core.now(), lastUsedAt: null },
    });
  core.securityLog.record({ event: 'recovery_codes_created', user });
  return codes;
}

/**
 * Removes the app or a passkey, by its id, and the recovery codes with the last one. Errors: `notFound`; `forbidden` for the last one of a person
 * whom REQUIRE_SECOND_FACTOR asks for one.
 */
export async function removeFactor(core: Core, user: User, id: string): Promise<void> {
  const { totp, passkeys } = await factorsOf(core, user.id);
  const present = [...(totp ? [totp] : []), ...passkeys];
  const found = present.find((one) => one.id === id);
  if (!found) throw notFound(t`You have no such second factor.`);
  if (present.length === 1 && needsSecondFactor(core.config, user))
    throw forbidden(t`Your account must have a second factor. Add another one first.`);
  await core.store.credentials.remove(id, user.id);
  core.securityLog.record({
    event: 'second_factor_removed',
    user: user.id,
    detail: found.kind === 'totp' ? 'authenticator app' : `passkey, ${found.label}`,
  });
  if (!hasFactor(await factorsOf(core, user.id))) await core.store.credentials.removeAll(user.id, 'recovery');
}

/** Removes everything, for a person who has lost it. */
export async function removeFactors(core: Core, { id }: User): Promise<void> {
  for (const kind of ['totp', 'passkey', 'recovery'] as const) await core.store.credentials.removeAll(id, kind);
  core.securityLog.record({ event: 'second_factor_removed', user: id, detail: 'all' });
}

const digitsOf = (typed: string): string => typed.replace(/\s/g, '');

/**
 * Checks a code of the app, or a recovery code; each is taken once, also by several processes. `isKnown`: whether the browser has been logged in
 * to the account before. Errors: `invalid` (code), `tooMany`.
 */
export async function checkCode(core: Core, user: User, typed: string, isKnown: boolean): Promise<void> {
  const counts = [factorCount(user.id, isKnown)];
  await countAttempt(core, counts);
  if (/^\d{6}$/.test(digitsOf(typed)) ? await takeAppCode(core, user, digitsOf(typed)) : await takeRecoveryCode(core, user, typed))
    return takeBack(core, counts);
  core.securityLog.record({ event: 'login_failed', user: user.id, detail: 'wrong code of the second factor' });
  throw invalid('code', t`Code is wrong, or has been used already. An app shows a new one every 30 seconds.`);
}

async function takeAppCode(core: Core, user: User, digits: string): Promise<boolean> {
  const { totp } = await factorsOf(core, user.id);
  const secret = totp && core.secrets.open(totp.sealed);
  const step = secret === undefined ? undefined : await stepOf(secret, digits, core.now());
  if (!totp || step === undefined || step <= totp.counter) return false;
  return core.store.credentials.use(totp.id, totp.counter, step, core.now());
}

async function takeRecoveryCode(core: Core, user: User, typed: string): Promise<boolean> {
  if (!(await core.store.credentials.remove(recoveryId(core, user.id, typed), user.id))) return false;
  const { codes } = await factorsOf(core, user.id);
  core.securityLog.record({ event: 'recovery_code_used', user: user.id, by: user.id, detail: `${codes} left` });
  return true;
}
