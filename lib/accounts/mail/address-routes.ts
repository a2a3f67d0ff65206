import type { Context } from 'koa';
import { z } from 'zod';
import { stateOf } from '../../http/context.ts';
import { flag, shortText } from '../../http/fields.ts';
import { sessionViewerOf } from '../../http/identity.ts';
import { parse } from '../../http/input.ts';
import { type FieldError, fieldError, noStore, renderPage, seeOther } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { setFlash } from '../../http/session-data.ts';
import { t } from '../../language/text.ts';
import { setDigest } from '../../mail/digest.ts';
import { confirmPerson } from '../second-factor/routes.ts';
import * as mail from './operations.ts';

const SETTINGS = '/settings/email';
const form = z.discriminatedUnion(
  'action',
  [
    z.object({ action: z.literal('set'), address: shortText, current: shortText.default('') }),
    z.object({ action: z.literal('digest'), digest: flag.default(false) }),
    z.object({ action: z.literal('remove') }),
  ],
  'must be set, digest or remove',
);
const emptyForm = z.object({});

/** Where a person gets mail: the settings, and the link that confirms an address. */
export function addressRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get(SETTINGS, async (ctx) => show(ctx, deps));

  router.post(SETTINGS, async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    mail.requireMail(core);
    const asked = await parse(form, ctx);
    try {
      if (asked.action === 'set') {
        await confirmPerson(core, user, asked.current);
        setFlash(
          ctx,
          t`A mail to ${await mail.requestAddress(core, user, asked.address)} is on its way. Open the link in it within 24 hours.`,
        );
      } else if (asked.action === 'digest') {
        await setDigest(core, user.id, asked.digest);
        setFlash(ctx, asked.digest ? t`You get a digest of unread mentions.` : t`You get no digest.`);
      } else {
        await mail.removeAddress(core, user);
        setFlash(ctx, t`Address removed.`);
      }
      seeOther(ctx, SETTINGS);
    } catch (error) {
      await show(ctx, deps, { error: fieldError(ctx, error), typed: asked.action === 'set' ? asked.address : '' });
    }
  });

  router.get('/confirm-address/:token', async (ctx) => {
    ctx.set('Referrer-Policy', 'strict-origin'); // the path is a secret
    noStore(ctx);
    const { user, address } = await mail.addressToConfirm(core, ctx.params.token ?? '');
    renderPage(ctx, deps.views, 'accounts/mail/confirm.njk', t`Confirm your address`, { name: user.name, address, action: ctx.path });
  });

  router.post('/confirm-address/:token', async (ctx) => {
    await parse(emptyForm, ctx);
    const user = await mail.confirmAddress(core, ctx.params.token ?? '');
    setFlash(ctx, t`Address of ${user.name} confirmed.`);
    seeOther(ctx, stateOf(ctx).viewer ? SETTINGS : '/');
  });
  return router;
}

async function show(ctx: Context, { core, views }: RouteContext, more: { error?: FieldError; typed?: string } = {}): Promise<void> {
  const { user } = sessionViewerOf(ctx);
  mail.requireMail(core);
  noStore(ctx);
  const present = await mail.addressOf(core, user.id);
  renderPage(ctx, views, 'accounts/mail/settings.njk', t`E-mail`, {
    address: present?.address ?? null,
    digest: present?.digest ?? false,
    hasPassword: user.passwordHash !== null,
    typed: more.typed ?? '',
    error: more.error ?? null,
  });
}
