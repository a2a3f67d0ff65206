import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { chooseLanguage } from '../http/format.ts';
import { respond, safeReturn, seeOther } from '../http/reply.ts';
import { keepPending, knownAs, startSession } from '../http/session.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { recordNewBrowser } from './operations.ts';
import type { User } from './port.ts';
import { factorsOf, hasFactor } from './second-factor/operations.ts';

/** Where the second factor is asked for. */
export const SECOND_FACTOR = '/login/second-factor';

/** Changes with the password, so that a log-in that lacks its second factor ends with it. */
export const proofOf = (core: Core, { passwordHash }: User): string => core.secrets.mac('pending-log-in', passwordHash ?? '');

/**
 * `isStrong`: a provider has asked for a second factor. `idToken`: of that provider, sealed. `arrive`: called when the session has begun; resolves to the path
 * to go to, if it is another one. After a second factor the person returns to the page of the log-in instead.
 */
type FirstFactor = {
  readonly isStrong?: boolean;
  readonly idToken?: string | undefined;
  readonly arrive?: () => Promise<string | undefined>;
};

/** Goes on after the first factor: asks for the second one, if the person has one, or begins the session. Errors: `forbidden` with a bearer token. */
export async function continueLogIn(ctx: Context, core: Core, user: User, returnTo = '', first: FirstFactor = {}): Promise<void> {
  if (first.isStrong || !hasFactor(await factorsOf(core, user.id))) return beginSession(ctx, core, user, { returnTo, ...first });
  await keepPending(ctx, { user: user.id, proof: proofOf(core, user), at: core.now(), returnTo, idToken: first.idToken });
  await respond(ctx, {
    html: () => seeOther(ctx, SECOND_FACTOR),
    json: () => ({ second_factor: SECOND_FACTOR }),
    text: () => `Now the second factor: ${SECOND_FACTOR}\n`,
  });
}

/** Logs in and welcomes. `isStrong`: with a second factor. Errors: `forbidden` with a bearer token. */
export async function beginSession(
  ctx: Context,
  core: Core,
  user: User,
  { returnTo, isStrong = false, idToken, arrive }: FirstFactor & { readonly returnTo: string },
): Promise<void> {
  const known = knownAs(ctx, core);
  await startSession(ctx, core, user.id, { isStrong, idToken });
  if (known !== user.id) recordNewBrowser(core, user, ctx.get('User-Agent'));
  chooseLanguage(ctx, user);
  await welcome(ctx, user, (await arrive?.()) ?? safeReturn(returnTo || undefined, '/groups'), t`Welcome back, ${user.name}.`);
}

/** `path`: of this site. */
export const welcome = (ctx: Context, { id, name }: User, path: string, flash: string): Promise<void> =>
  respond(ctx, {
    html: () => {
      setFlash(ctx, flash);
      seeOther(ctx, path);
    },
    json: () => ({ id, name }),
    text: () => `${name}\n`,
  });
