import type { Context } from 'koa';
import { z } from 'zod';
import type { Core } from '../core.ts';
import { flag, shortText } from '../http/fields.ts';
import { sessionViewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, fieldError, noStore, noTransform, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { endBrowserSession } from '../http/session.ts';
import { setFlash } from '../http/session-data.ts';
import { plural, t } from '../language/text.ts';
import { securityPage } from '../security/presenter.ts';
import { addressOf } from './mail/operations.ts';
import { listPrograms } from './oauth/grants.ts';
import * as accounts from './operations.ts';
import type { User } from './port.ts';
import { identityOf } from './provider/operations.ts';
import { checkNewToken } from './rates.ts';
import { factorsOf, hasFactor } from './second-factor/operations.ts';
import { endOneSession, listSessions } from './sessions.ts';
import { createToken, type Ended, endTokens, NOTHING_ENDED, revokeToken } from './tokens.ts';

/** `keep_tokens`: the API tokens go on working. */
const keeping = { keep_tokens: flag.default(false) };
const passwordForm = z.object({ current: shortText, password: shortText, ...keeping });
const logOutForm = z.object(keeping);
const tokenForm = z.object({ name: shortText.default('') });

export type SettingsHooks = {
  /** The notification section of the page; `session`: the session of the request. */
  readonly pushSettings: (user: User['id'], session: string) => Promise<object>;
};

/** Security events on the page. */
const SHOWN_EVENTS = 8;

/** A person's own settings: password, sessions, tokens. */
export function accountSettingsRoutes(deps: RouteContext, hooks: SettingsHooks): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/settings', async (ctx) => showSettings(ctx, deps, hooks));

  router.post('/settings/password', async (ctx) => {
    const { user, ref } = sessionViewerOf(ctx);
    const form = await parse(passwordForm, ctx);
    try {
      const ended = await accounts.changePassword(core, user, { ...form, session: ref, tokens: form.keep_tokens });
      setFlash(ctx, t`Password changed. You are logged out everywhere else.` + revoked(ended));
      seeOther(ctx, '/settings');
    } catch (error) {
      await showSettings(ctx, deps, hooks, { passwordError: fieldError(ctx, error), keepsTokens: form.keep_tokens });
    }
  });

  router.post('/settings/logout-everywhere', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const form = await parse(logOutForm, ctx);
    await accounts.endSessions(core, user.id, user.id);
    const ended = form.keep_tokens ? NOTHING_ENDED : await endTokens(core, user.id, user.id);
    await endBrowserSession(ctx, { kind: 'info', text: t`You are logged out everywhere.` + revoked(ended) });
    seeOther(ctx, '/');
  });

  router.post('/settings/sessions/:id/end', async (ctx) => {
    const { user, ref } = sessionViewerOf(ctx);
    const id = String(ctx.params.id);
    await endOneSession(core, user, id);
    if (id === ref) {
      await endBrowserSession(ctx, { kind: 'info', text: t`You are logged out.` });
      return seeOther(ctx, '/');
    }
    setFlash(ctx, t`That device is logged out.`);
    seeOther(ctx, '/settings#sessions-title');
  });

  router.post('/settings/logout-others', async (ctx) => {
    const { user, ref } = sessionViewerOf(ctx);
    const ended = await accounts.endSessions(core, user.id, user.id, ref);
    setFlash(ctx, ended === 0 ? t`You were logged in nowhere else.` : t`You are logged out on ${plural(ended, 'other device')}.`);
    seeOther(ctx, '/settings#sessions-title');
  });

  router.post('/settings/tokens', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { name } = await parse(tokenForm, ctx);
    try {
      await checkNewToken(core, user);
      const { token } = await createToken(core, user, null, name);
      await showSettings(ctx, deps, hooks, { newToken: token });
    } catch (error) {
      await showSettings(ctx, deps, hooks, { tokenForm: { name, error: fieldError(ctx, error) } });
    }
  });

  router.post('/settings/tokens/:id/revoke', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    await revokeToken(core, user.id, user.id, String(ctx.params.id));
    setFlash(ctx, t`Token revoked.`);
    seeOther(ctx, '/settings');
  });
  return router;
}

function revoked({ tokens, programs }: Ended): string {
  const texts = [
    ...(tokens === 0 ? [] : [tokens === 1 ? t`Your API token is revoked.` : t`Your API tokens are revoked.`]),
    ...(programs === 0 ? [] : [t`Your programs are disconnected.`]),
  ];
  return texts.map((text) => ` ${text}`).join('');
}

async function showSettings(
  ctx: Context,
  { core, views }: RouteContext,
  { pushSettings }: SettingsHooks,
  more: { newToken?: string; passwordError?: FieldError; keepsTokens?: boolean; tokenForm?: { name: string; error: FieldError } } = {},
): Promise<void> {
  noStore(ctx);
  const { user, ref } = sessionViewerOf(ctx);
  const tokens = (await core.store.tokens.listOf(user.id))
    .filter((token) => token.kind === 'api')
    .map(({ hash, name, prefix, createdAt, lastUsedAt }) => ({ id: hash, name: name ?? null, prefix, createdAt, lastUsedAt }));
  const programs = await listPrograms(core, user.id);
  const push = await pushSettings(user.id, ref);
  const sessions = await listSessions(core, user, ref);
  const security = await securityPage(core, user.id, { limit: SHOWN_EVENTS });
  const locals = {
    tokens,
    programs,
    sessions,
    push,
    provider: await providerOf(core, user),
    mail: core.mailOutbox.isOn ? { address: (await addressOf(core, user.id))?.address ?? null } : null,
    hasFactor: hasFactor(await factorsOf(core, user.id)),
    events: security.rows,
    hasMoreEvents: security.next !== null,
    newToken: null,
    passwordError: null,
    keepsTokens: false,
    tokenForm: { name: '', error: null },
    ...more,
  };
  if (locals.newToken !== null) noTransform(ctx);
  renderPage(ctx, views, 'accounts/settings.njk', t`Settings`, locals);
}

/** The card about the OpenID Connect provider; null without one. */
async function providerOf(core: Core, user: User) {
  if (core.config.oidcIssuer === undefined) return null;
  const identity = await identityOf(core, user);
  return { name: core.config.oidcName, isConnected: identity !== undefined, hasPassword: user.passwordHash !== null };
}
