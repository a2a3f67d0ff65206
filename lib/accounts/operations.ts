import { ofUser } from '../audit/act.ts';
import type { Core } from '../core.ts';
import { conflict, DomainError, forbidden, notFound } from '../errors.ts';
import { labelOf } from '../http/user-agent.ts';
import { newUserId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { COLORS, nameKey, parseName } from './account.ts';
import { confirmPassword } from './confirm-password.ts';
import { skeletonOf } from './lookalikes.ts';
import { checkNewName } from './new-name.ts';
import { acceptPassword } from './new-password.ts';
import { endGrants } from './oauth/grants.ts';
import type { User } from './port.ts';
import { revoke } from './revoke.ts';
import { FIRST_ACCOUNT } from './sign-up-mode.ts';
import { countAttempt, knownCount, strangerCounts, takeBack } from './throttle.ts';
import { type Ended, endTokens, NOTHING_ENDED } from './tokens.ts';

type NewAccount = {
  /** An unused id; by default a new one. */
  readonly id?: UserId;
  readonly name: string;
  /** Null: no log-in by password (a bot, an imported person). */
  readonly password: string | null;
  readonly admin?: boolean;
  readonly bot?: boolean;
};

/** Errors: `invalid` (name, password), `conflict` (name). */
export async function createAccount(core: Core, input: NewAccount): Promise<User> {
  const name = parseName(input.name);
  checkNewName(name);
  const password = input.password === null ? null : await acceptPassword(core, name, input.password);
  await checkFree(core, name);
  const user: User = {
    id: input.id ?? newUserId(core.random),
    name,
    nameKey: nameKey(name),
    skeleton: skeletonOf(name),
    color: (core.random(1)[0] ?? 0) % COLORS,
    passwordHash: password === null ? null : await core.passwords.hash(password, 'stranger'),
    admin: input.admin ?? false,
    bot: input.bot ?? false,
    disabled: false,
    keyVersion: 1,
    createdAt: core.now(),
  };
  if (!(await core.store.users.insert(user))) {
    await checkFree(core, name);
    throw nameTaken(name);
  }
  core.securityLog.record({ event: 'account_created', user: user.id, ...(user.bot ? { detail: 'bot' } : {}) });
  const settled = user.bot ? user : await claimFirst(core, user);
  if (settled.admin) core.securityLog.record({ event: 'admin_granted', user: user.id });
  return settled;
}

/** Errors: `conflict` (name) when another has the name or one that looks like it. */
async function checkFree({ store }: Core, name: string): Promise<void> {
  if (await store.users.byNameKey(nameKey(name))) throw nameTaken(name);
  const alike = await store.users.bySkeleton(skeletonOf(name));
  if (alike) throw conflict(t`The name ${name} looks like ${alike.name}, which is taken. Choose another.`, 'name');
}

const nameTaken = (name: string): DomainError => conflict(t`The name ${name} is taken. Choose another.`, 'name');

async function claimFirst(core: Core, user: User): Promise<User> {
  const first = await core.store.settings.putIfAbsent(FIRST_ACCOUNT, user.id);
  if (first !== user.id || user.admin) return user;
  await core.store.users.update(user.id, { admin: true });
  return { ...user, admin: true };
}

type LogIn = {
  readonly name: string;
  readonly password: string;
  readonly address: string;
  /** The user that this browser has logged in as before, from a sealed cookie. Its attempts are counted separately. */
  readonly knownAs?: UserId | undefined;
};

/**
 * Errors: `unauthenticated` (same text and same duration for an unknown name, a wrong password and a disabled account), `tooMany`.
 * Failures are counted by network and by name (throttle.ts). Browsers that have been logged in to the account before have their own count
 * instead and their own queue for the check, so that nobody else can lock the owner out, even from the same address (an office, or a proxy that
 * is not trusted).
 */
export async function logIn(core: Core, input: LogIn): Promise<User> {
  const key = nameKey(input.name.slice(0, 200));
  const user = await core.store.users.byNameKey(key);
  const isKnown = user !== undefined && user.id === input.knownAs;
  const counts = isKnown ? [knownCount(user.id)] : strangerCounts(input.address, key);
  await countAttempt(core, counts);
  const isRight = await core.passwords.verify(input.password.slice(0, 200), user?.passwordHash ?? null, isKnown ? 'known' : 'stranger');
  if (user && isRight && !user.disabled) {
    takeBack(core, counts);
    return user;
  }
  core.securityLog.record({ event: 'login_failed', user: user?.id, ...(isRight ? { detail: 'the account is disabled' } : {}) });
  throw new DomainError('unauthenticated', t`Name or password is wrong.`, { field: 'password' });
}

/** Records a log-in in a browser that this account has not used before. */
export const recordNewBrowser = (core: Core, { id }: User, userAgent: string): void =>
  core.securityLog.record({ event: 'login_new_browser', user: id, by: id, detail: labelOf(userAgent) });

/** The account with this name. Errors: `notFound`. */
export async function userByName(core: Core, name: string): Promise<User> {
  const user = await core.store.users.byNameKey(nameKey(name));
  if (!user) throw notFound(t`There is no user named ${name.slice(0, 64)}.`);
  return user;
}

type Kept = { readonly session?: string | undefined; readonly tokens?: boolean };

/**
 * Replaces the password, and ends all sessions, API tokens and connected programs of the person except those kept: `session` (a hash), all `tokens` and
 * programs. Bots that the person made have accounts and tokens of their own, which stay. Errors: `invalid` (password).
 */
export async function setPassword(core: Core, user: User, password: string, kept: Kept = {}): Promise<Ended> {
  const passwordHash = await core.passwords.hash(await acceptPassword(core, user.name, password), 'known');
  await core.store.users.update(user.id, { passwordHash });
  core.securityLog.record({ event: kept.session === undefined ? 'password_reset' : 'password_changed', user: user.id });
  await endSessions(core, user.id, user.id, kept.session);
  if (kept.session === undefined) await core.audit.record({ act: 'password_reset', subject: ofUser(user) });
  return kept.tokens ? NOTHING_ENDED : endTokens(core, user.id, user.id); // after the sessions, which could create more
}

/** As `setPassword`, but checks the current password first. Errors: `invalid` (current, password), `tooMany`. */
export async function changePassword(core: Core, user: User, input: { current: string; password: string } & Kept): Promise<Ended> {
  await acceptPassword(core, user.name, input.password);
  await confirmPassword(core, user, input.current, 'when changing it');
  return setPassword(core, user, input.password, input);
}

/** Ends the user's sessions except `except` (a hash), closes their streams and removes their push subscriptions. `by`: who requested it. Resolves to their number. */
export async function endSessions(core: Core, by: UserId, user: UserId, except?: string): Promise<number> {
  const ended = await core.store.sessions.destroyOf(user, except);
  for (const ref of ended) {
    await core.store.push.removeAll({ session: ref });
    await revoke(core, by, { member: user, scope: 'session', ref });
  }
  if (ended.length > 0) core.securityLog.record({ event: 'sessions_ended', user, detail: sessionsOf(ended.length) });
  if (except === undefined) await core.store.push.removeAll({ user });
  return ended.length;
}

const sessionsOf = (count: number): string => (count === 1 ? '1 session' : `${count} sessions`);

/** Ends one session; closes its streams and removes its push subscriptions. */
export async function endSession(core: Core, user: UserId, hash: string): Promise<void> {
  await core.store.sessions.destroy(hash);
  await core.store.push.removeAll({ session: hash });
  await revoke(core, user, { member: user, scope: 'session', ref: hash });
  core.securityLog.record({ event: 'sessions_ended', user, detail: sessionsOf(1) });
}

/** A disabled account cannot log in, use tokens or hold streams, and its programs are disconnected; its messages stay. Errors: `forbidden` for the last administrator. */
export async function setDisabled(core: Core, by: UserId, user: User, disabled: boolean): Promise<void> {
  if (!disabled) return enable(core, user);
  await stepDown(core, user, { disabled: true });
  await core.store.sessions.destroyOf(user.id);
  await core.store.push.removeAll({ user: user.id });
  await endGrants(core, by, user.id);
  await revoke(core, by, { member: user.id, scope: 'account' });
  if (!user.disabled) core.securityLog.record({ event: 'account_disabled', user: user.id });
  await core.audit.record({ act: 'account_disabled', subject: ofUser(user) });
}

async function enable(core: Core, user: User): Promise<void> {
  await core.store.users.update(user.id, { disabled: false });
  if (user.disabled) core.securityLog.record({ event: 'account_enabled', user: user.id });
  await core.audit.record({ act: 'account_enabled', subject: ofUser(user) });
}

/** Errors: `forbidden` for the last administrator or a bot. */
export async function setAdmin(core: Core, user: User, admin: boolean): Promise<void> {
  if (user.bot) throw forbidden(t`A bot cannot be an administrator.`);
  if (admin) await core.store.users.update(user.id, { admin });
  else await stepDown(core, user, { admin: false });
  if (user.admin !== admin) core.securityLog.record({ event: admin ? 'admin_granted' : 'admin_revoked', user: user.id });
  await core.audit.record({ act: admin ? 'admin_granted' : 'admin_revoked', subject: ofUser(user) });
}

async function stepDown(core: Core, user: User, patch: { readonly admin: false } | { readonly disabled: true }): Promise<void> {
  if ((await core.store.users.stepDown(user.id, patch)) === 'last')
    throw forbidden(t`${user.name} is the last administrator. Make another user an administrator first.`);
}
