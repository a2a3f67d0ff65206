import type { Context } from 'koa';
import { z } from 'zod';
import { DomainError } from '../../errors.ts';
import { siteUrlOf } from '../../http/context.ts';
import { returnPath, shortText } from '../../http/fields.ts';
import { sessionViewerOf } from '../../http/identity.ts';
import { parse, parseQuery } from '../../http/input.ts';
import { noStore, seeOther, writeJson } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { type AtProvider, keepAtProvider, setFlash, takeAtProvider } from '../../http/session-data.ts';
import type { UserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { continueLogIn } from '../begin-session.ts';
import { confirmPassword } from '../confirm-password.ts';
import { showExternalRedirect } from '../external-redirect.ts';
import type { User } from '../port.ts';
import type { AfterSignUp } from '../proxy-sign-in.ts';
import { connect, disconnect, endSessionsOf, memberOf } from './operations.ts';
import { type Identity, openProvider, type Provider } from './provider.ts';
import { ProviderFailed } from './provider-failed.ts';

export type ProviderHooks = {
  readonly afterSignUp: AfterSignUp;
  /** Gives a person the groups that follow from those at the provider. Never rejects. */
  readonly followGroups: (user: User, groups: readonly string[] | undefined) => Promise<void>;
};

const beginQuery = z.object({ return_to: returnPath.default('') });
const form = z.object({ action: z.enum(['connect', 'disconnect'], 'must be connect or disconnect'), current: shortText.default('') });
const logoutForm = z.object({ logout_token: z.string().max(8192, 'must have at most 8,192 characters') });
const PATH = '/login/oidc';
const CALLBACK = `${PATH}/callback`;

/** Log-in by OpenID Connect. The routes exist without a provider too, and answer 404. */
export function providerRoutes(deps: RouteContext, hooks: ProviderHooks): Router {
  const { core } = deps;
  const provider = openProvider(core.config, core.now);
  const router = new Router();

  // GET: a form that redirects to another site would be stopped by the Content-Security-Policy.
  router.get(PATH, async (ctx) => {
    const { return_to: returnTo } = parseQuery(beginQuery, ctx);
    const url = await begin(ctx, deps, provider ?? ctx.throw(404), { returnTo });
    seeOther(ctx, url ?? '/login');
  });

  router.get(CALLBACK, async (ctx) => finish(ctx, deps, hooks, provider ?? ctx.throw(404)));

  // Sent by the provider itself. The token is all that tells who sends it: no cookie is looked at.
  router.post(`${PATH}/logout`, async (ctx) => {
    const known = provider ?? ctx.throw(404);
    noStore(ctx);
    const { logout_token: token } = await parse(logoutForm, ctx);
    try {
      await endSessionsOf(core, await known.loggedOut(token));
      writeJson(ctx, {});
    } catch (error) {
      if (!(error instanceof ProviderFailed)) throw error;
      core.logger.warn({ reason: error.message }, 'a log-out by OpenID Connect was refused');
      ctx.status = 400;
      writeJson(ctx, { error: 'invalid_request' });
    }
  });

  router.post('/settings/oidc', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { action, current } = await parse(form, ctx);
    const known = provider ?? ctx.throw(404);
    try {
      if (user.passwordHash !== null) await confirmPassword(core, user, current, `to ${action} ${core.config.oidcName}`);
      if (action === 'connect') return await leave(ctx, deps, known, user.id);
      await disconnect(core, user);
      setFlash(ctx, t`Disconnected from ${core.config.oidcName}.`);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      setFlash(ctx, error.message, 'error');
    }
    seeOther(ctx, '/settings#provider');
  });
  return router;
}

/** Keeps the checks and resolves to where the log-in goes on; undefined, with a message for the next page, when the provider does not answer. */
async function begin(
  ctx: Context,
  { core }: RouteContext,
  provider: Provider,
  more: Pick<AtProvider, 'returnTo' | 'linkTo'>,
): Promise<string | undefined> {
  noStore(ctx);
  try {
    const { url, checks } = await provider.begin(`${siteUrlOf(ctx, core.config)}${CALLBACK}`);
    keepAtProvider(ctx, { ...checks, ...more, at: core.now() });
    return url;
  } catch (error) {
    say(ctx, core, error);
    return undefined;
  }
}

/** Connects an account: by a page, since this is the answer to a form. */
async function leave(ctx: Context, deps: RouteContext, provider: Provider, linkTo: UserId): Promise<void> {
  const url = await begin(ctx, deps, provider, { returnTo: '/settings#provider', linkTo });
  if (url === undefined) return seeOther(ctx, '/settings#provider');
  const name = deps.core.config.oidcName;
  showExternalRedirect(ctx, deps, {
    title: t`Connect`,
    text: t`Log in at ${name} to connect your account.`,
    url,
    label: t`Go on to ${name}`,
  });
}

async function finish(ctx: Context, deps: RouteContext, hooks: ProviderHooks, provider: Provider): Promise<void> {
  const { core } = deps;
  noStore(ctx);
  const begun = takeAtProvider(ctx, core.now());
  const end = (text: string, to = '/login'): void => {
    setFlash(ctx, text, 'error');
    seeOther(ctx, to);
  };
  if (!begun) return end(t`That log-in took more than 10 minutes, or was begun in another browser. Begin again.`);
  let identity: Identity;
  try {
    identity = await provider.finish(new URL(`${siteUrlOf(ctx, core.config)}${CALLBACK}${ctx.search}`), begun);
  } catch (error) {
    say(ctx, core, error);
    return seeOther(ctx, begun.linkTo === undefined ? '/login' : begun.returnTo);
  }
  try {
    await (begun.linkTo === undefined ? logIn(ctx, deps, hooks, identity, begun) : link(ctx, deps, identity, begun.linkTo));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    end(error.message, begun.linkTo === undefined ? '/login' : begun.returnTo);
  }
}

async function logIn(
  ctx: Context,
  { core }: RouteContext,
  hooks: ProviderHooks,
  identity: Identity,
  { returnTo }: AtProvider,
): Promise<void> {
  const user = await memberOf(core, identity, hooks.afterSignUp);
  await hooks.followGroups(user, identity.groups);
  await continueLogIn(ctx, core, user, returnTo, { isStrong: identity.isStrong, idToken: core.secrets.seal(identity.idToken) });
}

async function link(ctx: Context, { core }: RouteContext, identity: Identity, linkTo: UserId): Promise<void> {
  const { user } = sessionViewerOf(ctx);
  if (user.id !== linkTo) throw new DomainError('forbidden', t`Another account is logged in now. Begin again.`);
  await connect(core, user, identity);
  setFlash(ctx, t`Connected with ${core.config.oidcName}.`);
  seeOther(ctx, '/settings#provider');
}

/** Tells the person what failed, and the log why. */
function say(ctx: Context, { config, logger }: RouteContext['core'], error: unknown): void {
  if (!(error instanceof ProviderFailed)) throw error;
  if (!error.isRefusal) logger.warn({ reason: error.message }, 'a log-in by OpenID Connect failed');
  setFlash(
    ctx,
    error.isRefusal ? t`${config.oidcName} has refused the log-in.` : t`The log-in at ${config.oidcName} failed. Try again in a moment.`,
    'error',
  );
}
