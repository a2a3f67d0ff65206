import type { Context } from 'koa';
import { z } from 'zod';
import { DomainError } from '../errors.ts';
import { stateOf } from '../http/context.ts';
import { sessionViewerOf, viewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import {
  type FieldError,
  fieldError,
  noStore,
  noTransform,
  renderPage,
  respond,
  safeReturn,
  seeOther,
  showRefused,
} from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { endBrowserSession, knownAs, setFlash, startSession } from '../http/session.ts';
import { meJson, type Titled } from './me.ts';
import * as accounts from './operations.ts';
import { ENTRY_PAGES, type EntryForms, type EntryPage, showEntry } from './pages.ts';
import type { User } from './port.ts';
import { type Admit, signUp } from './sign-up.ts';

const text = z.string('must be text').max(1000, 'must have 1000 characters at most');
const place = { return_to: text.optional(), from: z.enum(ENTRY_PAGES).optional().catch(undefined) };
const signUpForm = z.object({ name: text, password: text, code: text.optional(), ...place });
const logInForm = z.object({ name: text, password: text, ...place });
const passwordForm = z.object({ current: text, password: text });
const tokenForm = z.object({ name: text.default('') });
const returnQuery = z.object({ return_to: text.optional() });

type Form = 'signup' | 'login';

export type AccountHooks = {
  /** Called with each new account before the response: what other domains do for a new account. */
  readonly afterSignUp: (user: User) => Promise<void>;
  /** Takes a use of a code other than the invitation code, which allows sign-up with SIGNUP=code. */
  readonly admit: Admit;
  /** Shows the invitation page with a refused form. `path`: the return path of its forms. Resolves to false if the invitation is not valid. */
  readonly showInvitation: (ctx: Context, path: string, forms: EntryForms) => Promise<boolean>;
  readonly titled: Titled;
  /** The notification section of the settings page; `session`: the session of the request. */
  readonly pushSettings: (user: User['id'], session: string) => Promise<object>;
};

const SIGN_UPS = { perSecond: 1 / 30, burst: 40 };

/** Sign-up, log-in, log-out and a person's own settings. */
export function accountRoutes(web: RouteContext, hooks: AccountHooks): Router {
  const { core } = web;
  const router = new Router();

  router.get('/', async (ctx) => {
    if (stateOf(ctx).viewer) return seeOther(ctx, '/groups');
    const { return_to } = parseQuery(returnQuery, ctx);
    await showEntry(ctx, web, 'welcome', return_to ?? '');
  });

  for (const form of ['signup', 'login'] as const)
    router.get(`/${form}`, async (ctx) => {
      const { return_to } = parseQuery(returnQuery, ctx);
      await showEntry(ctx, web, form, return_to ?? '');
    });

  router.post('/signup', async (ctx) => {
    const form = await parse(signUpForm, ctx);
    try {
      checkSignUpRate(web, ctx.ip);
      const user = await signUp(core, form, hooks.admit);
      await hooks.afterSignUp(user);
      await startSession(ctx, core, user.id);
      await welcome(ctx, user, form.return_to, `Welcome, ${user.name}.`);
    } catch (error) {
      await showAgain(ctx, web, hooks, 'signup', error, form);
    }
  });

  router.post('/login', async (ctx) => {
    const form = await parse(logInForm, ctx);
    try {
      const user = await accounts.logIn(core, { ...form, address: ctx.ip, knownAs: knownAs(ctx, core) });
      await startSession(ctx, core, user.id);
      await welcome(ctx, user, form.return_to, `Welcome back, ${user.name}.`);
    } catch (error) {
      await showAgain(ctx, web, hooks, 'login', error, form);
    }
  });

  router.get('/logout', async (ctx) => {
    noStore(ctx);
    renderPage(ctx, web.views, 'accounts/logout.njk', 'Log out');
  });

  router.post('/logout', async (ctx) => {
    const { viewer } = stateOf(ctx);
    if (viewer?.via === 'session') await accounts.endSession(core, viewer.user.id, viewer.ref);
    await endBrowserSession(ctx, { kind: 'info', text: 'You are logged out.' });
    seeOther(ctx, '/');
  });

  router.get('/settings', async (ctx) => showSettings(ctx, web, hooks));

  router.post('/settings/password', async (ctx) => {
    const { user, ref } = sessionViewerOf(ctx);
    const form = await parse(passwordForm, ctx);
    try {
      await accounts.changePassword(core, user, { ...form, session: ref });
      setFlash(ctx, 'Password changed. You are logged out everywhere else.');
      seeOther(ctx, '/settings');
    } catch (error) {
      await showSettings(ctx, web, hooks, { passwordError: fieldError(ctx, error) });
    }
  });

  router.post('/settings/logout-everywhere', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    await accounts.endSessions(core, user.id, user.id);
    await endBrowserSession(ctx, { kind: 'info', text: 'You are logged out everywhere.' });
    seeOther(ctx, '/');
  });

  router.post('/settings/tokens', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { name } = await parse(tokenForm, ctx);
    try {
      const { token } = await accounts.createToken(core, user, null, name);
      await showSettings(ctx, web, hooks, { newToken: token });
    } catch (error) {
      await showSettings(ctx, web, hooks, { tokenForm: { name, error: fieldError(ctx, error) } });
    }
  });

  router.post('/settings/tokens/:id/revoke', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    await accounts.revokeToken(core, user.id, user.id, String(ctx.params.id));
    setFlash(ctx, 'Token revoked.');
    seeOther(ctx, '/settings');
  });

  router.get('/me', async (ctx) => showMe(ctx, web, hooks));
  return router;
}

function checkSignUpRate(web: RouteContext, address: string): void {
  const waitMs = web.core.rateLimiter.take(`signup:${address}`, SIGN_UPS.perSecond, SIGN_UPS.burst);
  if (waitMs > 0) throw new DomainError('tooMany', 'Too many new accounts from this address. Try again later.', { retryAfterMs: waitMs });
}

const welcome = (ctx: Context, { id, name }: User, returnTo: string | undefined, flash: string): Promise<void> =>
  respond(ctx, {
    html: () => {
      setFlash(ctx, flash);
      seeOther(ctx, safeReturn(returnTo || undefined, '/groups'));
    },
    json: () => ({ id, name }),
    text: () => `${name}\n`,
  });

type Typed = { name: string; code?: string | undefined; return_to?: string | undefined; from?: EntryPage | undefined };

/** Shows the form's page again with the values and the error. JSON clients get the error itself. */
async function showAgain(ctx: Context, web: RouteContext, hooks: AccountHooks, form: Form, error: unknown, typed: Typed): Promise<void> {
  const { from = form, return_to: returnTo = '', name, code = '' } = typed;
  await showRefused(ctx, error, async (reason) => {
    const forms = { [form]: { name, code, error: reason } };
    if (from === 'invitation' && (await hooks.showInvitation(ctx, returnTo, forms))) return;
    await showEntry(ctx, web, from === 'invitation' ? form : from, returnTo, forms);
    if (code !== '') noTransform(ctx);
  });
}

async function showSettings(
  ctx: Context,
  { core, views }: RouteContext,
  { pushSettings }: AccountHooks,
  more: { newToken?: string; passwordError?: FieldError; tokenForm?: { name: string; error: FieldError } } = {},
): Promise<void> {
  noStore(ctx);
  const { user, ref } = sessionViewerOf(ctx);
  const tokens = (await core.store.tokens.listOf(user.id))
    .filter((token) => token.kind === 'api')
    .map(({ hash, name, prefix, createdAt, lastUsedAt }) => ({ id: hash, name: name ?? null, prefix, createdAt, lastUsedAt }));
  const push = await pushSettings(user.id, ref);
  const locals = { tokens, push, newToken: null, passwordError: null, tokenForm: { name: '', error: null }, ...more };
  if (locals.newToken !== null) noTransform(ctx);
  renderPage(ctx, views, 'accounts/settings.njk', 'Settings', locals);
}

async function showMe(ctx: Context, { core }: RouteContext, { titled }: AccountHooks): Promise<void> {
  const { user, via, ref } = viewerOf(ctx);
  await respond(ctx, {
    json: () => meJson(core, user, via === 'token' ? ref : undefined, titled),
    text: () => `${user.name}\n`,
  });
}
