import type { Middleware } from 'koa';
import type { Core } from '../core.ts';
import { DomainError, forbidden } from '../errors.ts';
import { stateOf } from '../http/context.ts';
import { proxiedName } from '../http/proxied-name.ts';
import { knownAs, startSession } from '../http/session.ts';
import { sessionProxyName } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { setActor } from '../request-scope.ts';
import { nameKey, parseName } from './account.ts';
import { createAccount, recordNewBrowser } from './operations.ts';
import type { User } from './port.ts';
import { isEmpty } from './sign-up-mode.ts';

/** Called with each new account, as after a sign-up. */
export type AfterSignUp = (user: User) => Promise<void>;

/**
 * Logs in whom the proxy names, with a session of their own that holds as long as the proxy names them. The proxy decides on second factors.
 * A request with a token is that of the token's owner. Errors: `forbidden`.
 */
export const proxySignIn =
  (core: Core, afterSignUp: AfterSignUp): Middleware =>
  async (ctx, next) => {
    const name = ctx.get('Authorization') === '' ? proxiedName(ctx, core.config) : undefined;
    const { viewer } = stateOf(ctx);
    if (name === undefined || (viewer && sessionProxyName(ctx) === name)) return next();
    const user = await organisationMember(core, name, afterSignUp);
    const isNew = knownAs(ctx, core) !== user.id;
    const ref = await startSession(ctx, core, user.id, { isStrong: true, proxyName: name });
    stateOf(ctx).viewer = { user, via: 'session', ref };
    setActor({ user: user.id, via: 'browser' });
    if (isNew) recordNewBrowser(core, user, ctx.get('User-Agent'));
    await next();
  };

/** The account of a name that the organisation's log-in vouches for, created at the first time. Errors: `forbidden`. */
export async function organisationMember(core: Core, name: string, afterSignUp: AfterSignUp): Promise<User> {
  const present = await core.store.users.byNameKey(nameKey(name.slice(0, 200)));
  const user = present ?? (await createMember(core, name, afterSignUp));
  if (user.bot) throw forbidden(t`${user.name} is a bot. The log-in of a person must have another name.`);
  if (user.disabled) throw forbidden(t`This account is disabled. Ask an administrator.`);
  return user;
}

/** Errors: `forbidden`, also for a name that no new account may have, and on a server without accounts. */
export async function createMember(core: Core, name: string, afterSignUp: AfterSignUp): Promise<User> {
  if (await isEmpty(core))
    throw forbidden(t`The first account is the operator’s: sign up with a password, or run parley user create NAME.`);
  try {
    const user = await createAccount(core, { name: parseName(name), password: null });
    await afterSignUp(user);
    return user;
  } catch (error) {
    const other = await core.store.users.byNameKey(nameKey(name)); // another request was first
    if (other) return other;
    if (error instanceof DomainError && error.field === 'name')
      throw forbidden(t`There can be no account with the name of this log-in. ${error.message}`);
    throw error;
  }
}
