import type { Context } from 'koa';
import { z } from 'zod';
import type { Core } from '../../core.ts';
import { unauthenticated } from '../../errors.ts';
import { shortText } from '../../http/fields.ts';
import { responseFormat } from '../../http/format.ts';
import { parse } from '../../http/input.ts';
import { type FieldError, noStore, renderPage, seeOther, showRefused } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { knownAs } from '../../http/session.ts';
import { type PendingLogIn, pendingLogIn, setFlash } from '../../http/session-data.ts';
import { t } from '../../language/text.ts';
import { beginSession, proofOf, SECOND_FACTOR } from '../begin-session.ts';
import type { User } from '../port.ts';
import { checkCode, factorsOf } from './operations.ts';

const codeForm = z.object({ code: shortText });

type Pending = PendingLogIn & { readonly person: User };

/** The page after the password, for a person with a second factor. */
export function secondFactorLogInRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get(SECOND_FACTOR, async (ctx) => {
    const pending = await pendingOf(ctx, core);
    if (pending) await show(ctx, deps, pending.person);
    else begin(ctx);
  });

  router.post(SECOND_FACTOR, async (ctx) => {
    const { code } = await parse(codeForm, ctx);
    const pending = await pendingOf(ctx, core);
    if (!pending) return begin(ctx);
    const { person, returnTo, idToken } = pending;
    try {
      await checkCode(core, person, code, knownAs(ctx, core) === person.id);
      await beginSession(ctx, core, person, { returnTo, isStrong: true, idToken });
    } catch (error) {
      await showRefused(ctx, error, (reason) => show(ctx, deps, person, reason));
    }
  });
  return router;
}

/** The log-in that waits, if its password is still the person's and the account is enabled. */
export async function pendingOf(ctx: Context, core: Core): Promise<Pending | undefined> {
  const pending = pendingLogIn(ctx, core.now());
  const person = pending && (await core.store.users.byId(pending.user));
  return person && !person.disabled && pending.proof === proofOf(core, person) ? { ...pending, person } : undefined;
}

function begin(ctx: Context): void {
  if (responseFormat(ctx) !== 'html')
    throw unauthenticated(t`Log in with your name and password first; the second factor must follow within 10 minutes.`);
  setFlash(ctx, t`Log in with your name and password first.`, 'error');
  seeOther(ctx, '/login');
}

async function show(ctx: Context, { core, views }: RouteContext, { id }: User, error: FieldError | null = null): Promise<void> {
  noStore(ctx);
  const { totp, passkeys } = await factorsOf(core, id);
  const has = { hasApp: totp !== undefined, hasPasskeys: passkeys.length > 0 };
  renderPage(ctx, views, 'accounts/second-factor-login.njk', t`Second factor`, { error, ...has });
}
