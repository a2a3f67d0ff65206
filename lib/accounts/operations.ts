import type { Core } from '../core.ts';
import { conflict, DomainError, forbidden, invalid, notFound, tooMany } from '../errors.ts';
import { type GroupId, newUid, newUserId, randomToken, SYSTEM_GROUP, type UserId } from '../ids.ts';
import type { Revoked } from '../log/entry.ts';
import { sha256 } from '../secrets.ts';
import { COLORS, nameKey, parseName, parsePassword, parseTokenName } from './account.ts';
import type { Token, User } from './port.ts';
import { addressCount, countAttempt, deviceCount, FAILURES_PER_ADDRESS, nameCount, takeBack } from './throttle.ts';

/** Settings keys of the first account: the id of its user, and the set-up code if one is required. */
export const FIRST_ACCOUNT = 'first-account';
export const SETUP_CODE = 'setup-code';

const TOKEN_LENGTH = 40;
const WRONG = 'Name or password is wrong.';

/** Whether there is no account yet. */
export const isEmpty = async (core: Core): Promise<boolean> => (await core.store.settings.get(FIRST_ACCOUNT)) === undefined;

/** Creates the one-time set-up code. The first sign-up needs it when the server is reachable from other machines. */
export const setupCode = (core: Core): Promise<string> => core.store.settings.putIfAbsent(SETUP_CODE, randomToken(core.random, 12));

/** Whether the first sign-up needs the set-up code. */
export const hasSetupCode = async (core: Core): Promise<boolean> => (await core.store.settings.get(SETUP_CODE)) !== undefined;

type NewAccount = {
  readonly name: string;
  /** Null: no log-in by password (a bot). */
  readonly password: string | null;
  readonly admin?: boolean;
  readonly bot?: boolean;
};

/** Errors: `invalid` (name, password), `conflict` (name). */
export async function createAccount(core: Core, input: NewAccount): Promise<User> {
  const name = parseName(input.name);
  const password = input.password === null ? null : parsePassword(input.password);
  if (await core.store.users.byNameKey(nameKey(name))) throw nameTaken(name);
  const user: User = {
    id: newUserId(core.random),
    name,
    nameKey: nameKey(name),
    color: (core.random(1)[0] ?? 0) % COLORS,
    passwordHash: password === null ? null : await core.passwords.hash(password),
    admin: input.admin ?? false,
    bot: input.bot ?? false,
    disabled: false,
    keyVersion: 1,
    createdAt: core.now(),
  };
  if (!(await core.store.users.insert(user))) throw nameTaken(name);
  return user.bot ? user : claimFirst(core, user);
}

const nameTaken = (name: string): DomainError => conflict(`The name ${name} is taken. Choose another.`, 'name');

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
 * Failures are counted per address and per name. A browser that has logged in before has its own count instead, so that nobody else can lock the
 * owner out, even from the same address (an office, or a proxy that is not trusted).
 */
export async function logIn(core: Core, input: LogIn): Promise<User> {
  const key = nameKey(input.name.slice(0, 200));
  const user = await core.store.users.byNameKey(key);
  const isKnown = user !== undefined && user.id === input.knownAs;
  const counts = isKnown ? [deviceCount(user.id)] : [addressCount(input.address), nameCount(key)];
  countAttempt(core, counts);
  const isRight = await core.passwords.verify(input.password.slice(0, 200), user?.passwordHash ?? null);
  if (user && isRight && !user.disabled) {
    takeBack(core, counts);
    return user;
  }
  throw new DomainError('unauthenticated', WRONG, { field: 'password' });
}

/** The account with this name. Errors: `notFound`. */
export async function userByName(core: Core, name: string): Promise<User> {
  const user = await core.store.users.byNameKey(nameKey(name));
  if (!user) throw notFound(`There is no user named ${name.slice(0, 64)}.`);
  return user;
}

/** Replaces the password and ends every session except `keepSession` (a hash). Errors: `invalid`. */
export async function setPassword(core: Core, user: User, password: string, keepSession?: string): Promise<void> {
  const passwordHash = await core.passwords.hash(parsePassword(password));
  await core.store.users.update(user.id, { passwordHash });
  await endSessions(core, user.id, user.id, keepSession);
}

/** Checks the current password first. Errors: `invalid` (current, password), `tooMany`. */
export async function changePassword(
  core: Core,
  user: User,
  input: { current: string; password: string; session?: string | undefined },
): Promise<void> {
  parsePassword(input.password);
  const waitMs = core.rateLimiter.take(`password:${user.id}`, FAILURES_PER_ADDRESS.perSecond, FAILURES_PER_ADDRESS.burst);
  if (waitMs > 0) throw tooMany('Too many attempts. Try again in a moment.', waitMs);
  if (!(await core.passwords.verify(input.current, user.passwordHash))) throw invalid('current', 'Current password is wrong.');
  await setPassword(core, user, input.password, input.session);
}

/** Ends the user's sessions except `except` (a hash), closes their streams and removes their push subscriptions. `by`: who requested it. */
export async function endSessions(core: Core, by: UserId, user: UserId, except?: string): Promise<void> {
  for (const ref of await core.store.sessions.destroyOf(user, except)) {
    await core.store.push.removeAll({ session: ref });
    await revoke(core, by, { member: user, scope: 'session', ref });
  }
  if (except === undefined) await core.store.push.removeAll({ user });
}

/** Ends one session; closes its streams and removes its push subscriptions. */
export async function endSession(core: Core, user: UserId, hash: string): Promise<void> {
  await core.store.sessions.destroy(hash);
  await core.store.push.removeAll({ session: hash });
  await revoke(core, user, { member: user, scope: 'session', ref: hash });
}

/** A disabled account cannot log in, use tokens or hold streams; its messages stay. Errors: `forbidden` for the last administrator. */
export async function setDisabled(core: Core, by: UserId, user: User, disabled: boolean): Promise<void> {
  if (!disabled) return void (await core.store.users.update(user.id, { disabled }));
  await stepDown(core, user, { disabled: true });
  await core.store.sessions.destroyOf(user.id);
  await core.store.push.removeAll({ user: user.id });
  await revoke(core, by, { member: user.id, scope: 'account' });
}

/** Errors: `forbidden` for the last administrator or a bot. */
export async function setAdmin(core: Core, user: User, admin: boolean): Promise<void> {
  if (user.bot) throw forbidden('A bot cannot be an administrator.');
  if (admin) await core.store.users.update(user.id, { admin });
  else await stepDown(core, user, { admin: false });
}

async function stepDown(core: Core, user: User, patch: { readonly admin: false } | { readonly disabled: true }): Promise<void> {
  if ((await core.store.users.stepDown(user.id, patch)) === 'last')
    throw forbidden(`${user.name} is the last administrator. Make another user an administrator first.`);
}

/** Creates a bearer token for the API, or with `group` a webhook token for that group. Only its hash is stored. `name`: a label. Errors: `invalid` (name). */
export async function createToken(
  core: Core,
  user: User,
  group: GroupId | null = null,
  name = '',
): Promise<{ readonly token: string; readonly record: Token }> {
  const label = parseTokenName(name);
  const token = randomToken(core.random, TOKEN_LENGTH);
  const record: Token = {
    hash: sha256(token),
    kind: group === null ? 'api' : 'hook',
    user: user.id,
    group,
    prefix: token.slice(0, 6),
    ...(label === undefined ? {} : { name: label }),
    createdAt: core.now(),
    lastUsedAt: null,
  };
  await core.store.tokens.insert(record);
  return { token, record };
}

/** Removes a token of this user and closes the streams opened with it. Errors: `notFound`. */
export async function revokeToken(core: Core, by: UserId, user: UserId, hash: string): Promise<void> {
  const token = await core.store.tokens.byHash(hash);
  if (token?.user !== user) throw notFound('There is no such token.');
  await core.store.tokens.remove(hash);
  await revoke(core, by, { member: user, scope: 'token', ref: hash });
}

/** Appends a revocation to the system log, which every process follows to close streams. */
async function revoke(core: Core, author: UserId, act: Omit<Revoked, 'kind'>): Promise<void> {
  await core.appender.append(SYSTEM_GROUP, { kind: 'revoke', author, uid: newUid(core.random), ...act });
}
