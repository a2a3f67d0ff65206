import type { Context } from 'koa';
import { z } from 'zod';
import { DomainError, tooMany } from '../errors.ts';
import { stateOf } from '../http/context.ts';
import { returnPath } from '../http/fields.ts';
import { responseFormat } from '../http/format.ts';
import { viewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noStore, noTransform, renderPage, respond, safeReturn, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { endBrowserSession, knownAs, startSession } from '../http/session.ts';
import { t } from '../language/text.ts';
import { networkOf } from '../network.ts';
import { continueLogIn, welcome } from './begin-session.ts';
import { logOutElsewhere, showExternalRedirect } from './external-redirect.ts';
import { meJson, type Titled } from './me.ts';
import * as accounts from './operations.ts';
import { codeIn, ENTRY_PAGES, type EntryForms, type EntryPage, showEntry } from './pages.ts';
import type { User } from './port.ts';
import { openProvider } from './provider/provider.ts';
import { type Admit, signUp } from './sign-up.ts';

const text = z.string('must be text').max(1000, 'must have 1000 characters at most');
const place = { return_to: returnPath.optional(), from: z.enum(ENTRY_PAGES).optional().catch(undefined) };
const signUpForm = z.object({ name: text, password: text, code: text.optional(), ...place });
const logInForm = z.object({ name: text, password: text, ...place });
/** The fields that are shown again of a form that was not read to its end. */
const begunForm = z.object({
  name: text.catch(''),
  code: text.optional().catch(undefined),
  return_to: returnPath.optional().catch(undefined),
  from: place.from,
});
const returnQuery = z.object({ return_to: returnPath.optional() });

type Form = 'signup' | 'login';

export type AccountHooks = {
  /** Called with each new account before the response: what other domains do for a new account. */
  readonly afterSignUp: (user: User) => Promise<void>;
  /** Joins the group of this invitation; without one, the group for new accounts. Resolves to the path of its page, or undefined when there is none to join. */
  readonly joinFirst: (user: User, invitation: string | undefined) => Promise<string | undefined>;
  /** Takes a use of a code other than the invitation code, which allows sign-up with SIGNUP=code. */
  readonly admit: Admit;
  /** Shows the invitation page with a refused form. `path`: the return path of its forms. Resolves to false if the invitation is not valid. */
  readonly showInvitation: (ctx: Context, path: string, forms: EntryForms) => Promise<boolean>;
  readonly titled: Titled;
};

/** By an IPv4 address or the /64 of an IPv6 address, and by its /48. */
const SIGN_UPS = { 64: { perSecond: 1 / 30, burst: 40 }, 48: { perSecond: 1 / 8, burst: 160 } };

/** Sign-up, log-in and log-out. */
export function accountRoutes(deps: RouteContext, hooks: AccountHooks): Router {
  const { core } = deps;
  const provider = openProvider(core.config, core.now);
  const router = new Router();

  router.get('/', async (ctx) => {
    if (stateOf(ctx).viewer) return seeOther(ctx, '/groups');
    const { return_to } = parseQuery(returnQuery, ctx);
    await showEntry(ctx, deps, 'welcome', return_to ?? '');
  });

  for (const form of ['signup', 'login'] as const)
    router.get(`/${form}`, async (ctx) => {
      const { return_to } = parseQuery(returnQuery, ctx);
      await showEntry(ctx, deps, form, return_to ?? '');
    });

  router.post('/signup', async (ctx) => {
    const form = await parse(signUpForm, ctx).catch((error: unknown) => showBegun(ctx, deps, hooks, 'signup', error));
    if (!form) return;
    try {
      await checkSignUpRate(deps, ctx.ip);
      const invitation = invitationIn(form);
      const user = await signUp(core, { ...form, invitation }, hooks.admit);
      await hooks.afterSignUp(user);
      const first = responseFormat(ctx) === 'html' ? await hooks.joinFirst(user, invitation) : undefined;
      await startSession(ctx, core, user.id);
      await welcome(ctx, user, invitation && first ? first : safeReturn(form.return_to, first ?? '/groups'), t`Welcome, ${user.name}.`);
    } catch (error) {
      await showAgain(ctx, deps, hooks, 'signup', error, form);
    }
  });

  router.post('/login', async (ctx) => {
    const form = await parse(logInForm, ctx).catch((error: unknown) => showBegun(ctx, deps, hooks, 'login', error));
    if (!form) return;
    try {
      const user = await accounts.logIn(core, { ...form, address: ctx.ip, knownAs: knownAs(ctx, core) });
      const invitation = invitationIn(form);
      const arrive = async () => (invitation === undefined ? undefined : hooks.joinFirst(user, invitation));
      await continueLogIn(ctx, core, user, form.return_to, { arrive });
    } catch (error) {
      await showAgain(ctx, deps, hooks, 'login', error, form);
    }
  });

  router.get('/logout', async (ctx) => {
    noStore(ctx);
    renderPage(ctx, deps.views, 'accounts/logout.njk', t`Log out`);
  });

  router.post('/logout', async (ctx) => {
    const { viewer } = stateOf(ctx);
    const elsewhere = await logOutElsewhere(ctx, deps, provider);
    if (viewer?.via === 'session') await accounts.endSession(core, viewer.user.id, viewer.ref);
    await endBrowserSession(ctx, { kind: 'info', text: t`You are logged out.` });
    stateOf(ctx).viewer = undefined;
    // Pictures of people, which the browser has cached. At a base path the cache is of other programs as well.
    if (ctx.secure && core.config.basePath === '') ctx.set('Clear-Site-Data', '"cache"');
    if (elsewhere) showExternalRedirect(ctx, deps, elsewhere);
    else seeOther(ctx, '/');
  });

  router.get('/me', async (ctx) => showMe(ctx, deps, hooks));
  return router;
}

async function checkSignUpRate({ core }: RouteContext, address: string): Promise<void> {
  for (const bits of [64, 48] as const) {
    const { perSecond, burst } = SIGN_UPS[bits];
    const waitMs = await core.rateLimiter.takeShared(`signup-${bits}:${networkOf(address, bits)}`, perSecond, burst);
    if (waitMs > 0) throw tooMany(t`Too many new accounts from this address. Try again later.`, waitMs);
  }
}

/** The code of the invitation page that a form was sent from: only there does somebody who signs up or logs in also join. */
const invitationIn = ({ from, return_to }: z.infer<typeof logInForm>): string | undefined =>
  from === 'invitation' ? codeIn(return_to ?? '') : undefined;

type Typed = { name: string; code?: string | undefined; return_to?: string | undefined; from?: EntryPage | undefined };

/** Shows the form's page again with the values and the error. JSON clients get the error itself. */
async function showAgain(ctx: Context, deps: RouteContext, hooks: AccountHooks, form: Form, error: unknown, typed: Typed): Promise<void> {
  const { from = form, return_to: returnTo = '', name, code = '' } = typed;
  await showRefused(ctx, error, async (reason) => {
    const forms = { [form]: { name, code, error: reason } };
    if (from === 'invitation' && (await hooks.showInvitation(ctx, returnTo, forms))) return;
    await showEntry(ctx, deps, from === 'invitation' ? form : from, returnTo, forms);
    if (code !== '') noTransform(ctx);
  });
}

/** Shows the form of a body that was not read to its end, with the fields that have arrived. Rethrows any other error. */
async function showBegun(ctx: Context, deps: RouteContext, hooks: AccountHooks, form: Form, error: unknown): Promise<undefined> {
  if (!(error instanceof DomainError) || (error.code !== 'tooLarge' && error.code !== 'unavailable')) throw error;
  await showAgain(ctx, deps, hooks, form, error, begunForm.parse(stateOf(ctx).fields ?? {}));
}

async function showMe(ctx: Context, { core }: RouteContext, { titled }: AccountHooks): Promise<void> {
  const { user, via, ref } = viewerOf(ctx);
  await respond(ctx, {
    json: () => meJson(core, user, via === 'token' ? ref : undefined, titled),
    text: () => `${user.name}\n`,
  });
}
