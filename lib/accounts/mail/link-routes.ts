import type { Context } from 'koa';
import { z } from 'zod';
import { shortText } from '../../http/fields.ts';
import { parse } from '../../http/input.ts';
import { type FieldError, noStore, renderPage, respond, seeOther, showRefused } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { startSession } from '../../http/session.ts';
import { setFlash } from '../../http/session-data.ts';
import { t } from '../../language/text.ts';
import { welcome } from '../begin-session.ts';
import type { AfterSignUp } from '../proxy-sign-in.ts';
import * as mail from './operations.ts';

const addressForm = z.object({ address: shortText });
const passwordForm = z.object({ password: shortText });
const accountForm = z.object({ name: shortText, password: shortText });

const sent = (): string => t`If an account here has this address, a mail with a link is on its way.`;

/** For people who are not logged in: a forgotten password, and an invitation by mail. */
export function mailLinkRoutes(deps: RouteContext, afterSignUp: AfterSignUp): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/forgot-password', (ctx) => {
    mail.requireMail(core);
    showForgot(ctx, deps);
  });

  router.post('/forgot-password', async (ctx) => {
    mail.requireMail(core);
    const { address } = await parse(addressForm, ctx);
    try {
      await mail.requestReset(core, address, ctx.ip);
      await respond(ctx, { html: () => leadTo(ctx, '/login', sent()), json: () => ({ detail: sent() }), text: () => `${sent()}\n` });
    } catch (error) {
      await showRefused(ctx, error, async (reason) => showForgot(ctx, deps, address, reason));
    }
  });

  router.get('/reset-password/:token', async (ctx) => showReset(ctx, deps));

  router.post('/reset-password/:token', async (ctx) => {
    const { password } = await parse(passwordForm, ctx);
    try {
      const { name } = await mail.resetPassword(core, ctx.params.token ?? '', password);
      await respond(ctx, {
        html: () => leadTo(ctx, '/login', t`Password changed. Log in with the new one.`),
        json: () => ({ name }),
        text: () => `${name}\n`,
      });
    } catch (error) {
      await showRefused(ctx, error, (reason) => showReset(ctx, deps, reason));
    }
  });

  router.get('/invited/:token', async (ctx) => showInvited(ctx, deps));

  router.post('/invited/:token', async (ctx) => {
    const form = await parse(accountForm, ctx);
    try {
      const user = await mail.acceptInvitation(core, ctx.params.token ?? '', form);
      await afterSignUp(user);
      await startSession(ctx, core, user.id);
      await welcome(ctx, user, '/groups', t`Welcome, ${user.name}.`);
    } catch (error) {
      await showRefused(ctx, error, (reason) => showInvited(ctx, deps, form.name, reason));
    }
  });
  return router;
}

function leadTo(ctx: Context, path: string, text: string): void {
  setFlash(ctx, text);
  seeOther(ctx, path);
}

function showForgot(ctx: Context, { views }: RouteContext, address = '', error: FieldError | null = null): void {
  noStore(ctx);
  renderPage(ctx, views, 'accounts/mail/forgot.njk', t`Forgotten password`, { address, error });
}

async function showReset(ctx: Context, { core, views }: RouteContext, error: FieldError | null = null): Promise<void> {
  hidePath(ctx);
  const { name } = await mail.personToReset(core, ctx.params.token ?? '');
  renderPage(ctx, views, 'accounts/mail/reset.njk', t`New password`, { name, action: ctx.path, error });
}

async function showInvited(ctx: Context, { core, views }: RouteContext, name = '', error: FieldError | null = null): Promise<void> {
  hidePath(ctx);
  const { address, by } = await mail.invitedAddress(core, ctx.params.token ?? '');
  renderPage(ctx, views, 'accounts/mail/invited.njk', t`Your account`, { name, address, by: by.name, action: ctx.path, error });
}

/** The path is a secret. */
function hidePath(ctx: Context): void {
  ctx.set('Referrer-Policy', 'strict-origin');
  noStore(ctx);
}
