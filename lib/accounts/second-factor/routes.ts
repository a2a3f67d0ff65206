import type { Context } from 'koa';
import { z } from 'zod';
import type { Core } from '../../core.ts';
import { siteUrlOf } from '../../http/context.ts';
import { shortText } from '../../http/fields.ts';
import { sessionViewerOf } from '../../http/identity.ts';
import { parse } from '../../http/input.ts';
import { type FieldError, fieldError, noTransform, renderPage, seeOther } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { isStrongSession, setFlash, strengthenSession, takeChallenge } from '../../http/session-data.ts';
import { labelOf, shownLabel } from '../../http/user-agent.ts';
import { t } from '../../language/text.ts';
import { needsSecondFactor } from '../../required-factor.ts';
import { qrCode } from '../../views/qr.ts';
import { confirmPassword } from '../confirm-password.ts';
import type { User } from '../port.ts';
import * as factors from './operations.ts';
import { answer, createdPasskey } from './passkey-forms.ts';
import { addPasskey, hasPasskeys, passkeySite } from './passkeys.ts';
import { SETTINGS } from './requirement.ts';

/** `current`: the person's password, or for who has none a code of the second factor. */
const form = z.discriminatedUnion(
  'action',
  [
    z.object({ action: z.literal('begin-app') }),
    z.object({ action: z.literal('finish-app'), setup: shortText, code: shortText, current: shortText.default('') }),
    z.object({ action: z.literal('remove-app'), current: shortText }),
    z.object({ action: z.literal('renew-codes'), current: shortText }),
    z.object({ action: z.literal('add-passkey'), response: answer }),
    z.object({ action: z.literal('remove-passkey'), factor: shortText, current: shortText }),
  ],
  'must be begin-app, finish-app, remove-app, renew-codes, add-passkey or remove-passkey',
);
type Form = z.infer<typeof form>;

/** What the page shows besides the present state. `failed`: the action whose form has the error. */
type More = {
  readonly setup?: { readonly sealed: string; readonly secret: string; readonly uri: string };
  readonly newCodes?: readonly string[];
  readonly failed?: Form['action'] | undefined;
  readonly error?: FieldError;
};

/** A person's own second factor. */
export function secondFactorRoutes(deps: RouteContext): Router {
  const router = new Router();

  router.get(SETTINGS, async (ctx) => show(ctx, deps));

  router.post(SETTINGS, async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const asked = await parse(form, ctx);
    try {
      await act(ctx, deps, user, asked);
    } catch (error) {
      await show(ctx, deps, { failed: asked.action, error: fieldError(ctx, error), ...(await setUpAgain(ctx, deps.core, user, asked)) });
    }
  });
  return router;
}

async function act(ctx: Context, deps: RouteContext, user: User, asked: Form): Promise<void> {
  const { core } = deps;
  if (asked.action === 'begin-app') return show(ctx, deps, { setup: await factors.beginTotp(core, user, siteOf(ctx, core)) });
  if (asked.action === 'add-passkey') return added(ctx, deps, t`Passkey set up.`, await addPasskeyOf(ctx, core, user, asked.response));
  await confirmPerson(core, user, asked.current);
  if (asked.action === 'finish-app')
    return added(ctx, deps, t`Authenticator app set up.`, await factors.finishTotp(core, user, asked.setup, asked.code));
  if (asked.action === 'renew-codes') return show(ctx, deps, { newCodes: await factors.createCodes(core, user.id) });
  await factors.removeFactor(core, user, asked.action === 'remove-app' ? factors.totpId(user.id) : asked.factor);
  setFlash(ctx, asked.action === 'remove-app' ? t`Authenticator app removed.` : t`Passkey removed.`);
  seeOther(ctx, SETTINGS);
}

/** The challenge was made after the person had given the password. */
function addPasskeyOf(ctx: Context, core: Core, user: User, response: string): Promise<readonly string[]> {
  const challenge = takeChallenge(ctx, 'create', core.now());
  const label = labelOf(ctx.get('User-Agent'));
  return addPasskey(core, user, passkeySite(siteUrlOf(ctx, core.config)), { challenge, response: createdPasskey(response), label });
}

async function added(ctx: Context, deps: RouteContext, done: string, newCodes: readonly string[]): Promise<void> {
  strengthenSession(ctx);
  if (newCodes.length > 0) return show(ctx, deps, { newCodes });
  setFlash(ctx, done);
  seeOther(ctx, SETTINGS);
}

/** Errors: `invalid` (current, code), `tooMany`. A person without a password (one who logs in elsewhere) gives a code, once there is a second factor. */
export async function confirmPerson(core: Core, user: User, typed: string): Promise<void> {
  if (user.passwordHash !== null) return confirmPassword(core, user, typed, 'when changing the second factor');
  if (factors.hasFactor(await factors.factorsOf(core, user.id))) await factors.checkCode(core, user, typed, true);
}

/** The set-up that a refused form goes on with; a new one when it has taken too long. */
async function setUpAgain(ctx: Context, core: Core, user: User, asked: Form): Promise<More> {
  if (asked.action !== 'finish-app') return {};
  try {
    return { setup: await factors.continueTotp(core, user, siteOf(ctx, core), asked.setup) };
  } catch {
    return {};
  }
}

/** How apps call this server: they show it beside the codes. */
const siteOf = (ctx: Context, { config, site }: Core): string => `${site.identity.name} ${new URL(siteUrlOf(ctx, config)).hostname}`;

async function show(ctx: Context, { core, views }: RouteContext, { setup, newCodes = [], failed, error }: More = {}): Promise<void> {
  const { user } = sessionViewerOf(ctx);
  const { totp, passkeys, codes } = await factors.factorsOf(core, user.id);
  noTransform(ctx); // the page may show a secret
  renderPage(ctx, views, 'accounts/second-factor.njk', t`Second factor`, {
    app: totp ? { createdAt: totp.createdAt, lastUsedAt: totp.lastUsedAt } : null,
    setup: setup ? { sealed: setup.sealed, secret: setup.secret.replace(/(.{4})(?=.)/g, '$1 '), ...(await qrCode(setup.uri)) } : null,
    passkeys: passkeys.map(({ id, label, createdAt, lastUsedAt }) => ({ id, label: shownLabel(label), createdAt, lastUsedAt })),
    mayHavePasskeys: hasPasskeys(passkeySite(siteUrlOf(ctx, core.config))),
    codes,
    newCodes,
    hasPassword: user.passwordHash !== null,
    isRequired: needsSecondFactor(core.config, user),
    isMissing: needsSecondFactor(core.config, user) && !isStrongSession(ctx),
    failed: failed ?? '',
    error: error ?? null,
  });
}
