import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import { DomainError, invalid } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { responseFormat } from '../http/format.ts';
import { seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { newHookSecret } from '../webhooks/incoming/secrets.ts';
import { enableWebhook, removeWebhook, rotateWebhookSecret, sendTest, setWebhook } from '../webhooks/outgoing/operations.ts';
import type { BotForm } from './forms.ts';
import * as bots from './operations.ts';
import { hookMade, type IssuedSecrets, secretMade, secretsMade, showBot } from './pages.ts';

/** The viewer's access, the bot, and the path of its page. */
type BotContext = { readonly at: GroupAccess; readonly bot: User; readonly path: string };

/** Secrets to show once; or where to redirect, and a flash message. */
type Done = { readonly made: IssuedSecrets } | { readonly to?: string; readonly flash?: string };

/** Runs the action of a form on a bot's page; a refused form is shown again with its input. */
export async function runAction(
  ctx: Context,
  deps: RouteContext,
  context: BotContext,
  form: BotForm,
  typed: Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    await respondTo(ctx, deps, context, await execute(ctx, deps, context, form));
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
    await showRefused(ctx, error, (reason) =>
      showBot(ctx, deps, context.at, context.bot, undefined, { refused: { form: form.action, typed, error: reason } }),
    );
  }
}

async function respondTo(ctx: Context, deps: RouteContext, { at, bot, path }: BotContext, done: Done): Promise<void> {
  if ('made' in done) return showBot(ctx, deps, at, bot, undefined, { made: done.made });
  if (responseFormat(ctx) !== 'html' && done.to === undefined) return showBot(ctx, deps, at, bot, undefined);
  if (done.flash !== undefined) setFlash(ctx, done.flash);
  seeOther(ctx, done.to ?? path);
}

async function execute(ctx: Context, deps: RouteContext, { at, bot, path }: BotContext, form: BotForm): Promise<Done> {
  const { core } = deps;
  const by = at.user.id;
  await checkAccountRate(core, at.user, 'bots');
  switch (form.action) {
    case 'rotate':
      return { made: secretsMade(ctx, core, bot.name, await bots.rotateBot(core, by, bot)) };
    case 'overlap':
      return { made: secretsMade(ctx, core, bot.name, await bots.rotateBot(core, by, bot, { overlapMs: bots.ROTATION_MS })) };
    case 'end':
      await bots.endReplaced(core, by, bot);
      return { flash: t`The replaced secrets of ${bot.name} are revoked.` };
    case 'revoke':
      await bots.revokeBot(core, by, bot);
      return { to: path.slice(0, path.lastIndexOf('/')), flash: t`${bot.name} is revoked.` };
    case 'group':
      return { made: hookMade(ctx, core, bot.name, await toGroup(deps, at, bot, form.group)) };
    case 'secret-add':
    case 'secret-drop':
    case 'secret-off':
      return changeSecrets(deps, bot, form);
    case 'webhook':
    case 'webhook-rotate':
    case 'webhook-enable':
    case 'webhook-remove':
      return changeWebhook(deps, bot, form);
    case 'test':
      return { to: `${path}/deliveries/${await sendTest(core, bot)}` };
    default:
      throw form satisfies never;
  }
}

async function toGroup({ core }: RouteContext, at: GroupAccess, bot: User, slug: string): Promise<bots.NewHook> {
  if (!at.user.admin) throw new DomainError('forbidden', t`Only an administrator can add a bot to another group.`);
  const group = await core.store.groups.bySlug(slug.trim());
  if (!group || group.kind === 'direct') throw invalid('group', t`There is no such group.`);
  return bots.addToGroup(core, at.user.id, bot, group);
}

type SecretForm = BotForm & { readonly action: 'secret-add' | 'secret-drop' | 'secret-off' };

async function changeSecrets({ core }: RouteContext, bot: User, form: SecretForm): Promise<Done> {
  const present = await bots.hookSecrets(core, bot);
  if (form.action !== 'secret-add') {
    await bots.setHookSecrets(core, bot, form.action === 'secret-off' ? [] : present.slice(0, 1));
    return { flash: form.action === 'secret-off' ? t`Signatures are no longer required.` : t`Only the newest secret is valid now.` };
  }
  const given = form.secret.trim();
  const secret = given === '' ? newHookSecret(core) : given;
  await bots.setHookSecrets(core, bot, [secret, ...present.slice(0, 1)]);
  return given === ''
    ? { made: secretMade(t`A new secret`, t`Secret`, secret) }
    : { flash: t`Requests signed with this secret are accepted now.` };
}

type WebhookForm = BotForm & { readonly action: 'webhook' | 'webhook-rotate' | 'webhook-enable' | 'webhook-remove' };

async function changeWebhook({ core }: RouteContext, bot: User, form: WebhookForm): Promise<Done> {
  switch (form.action) {
    case 'webhook': {
      const { url, on, events } = form;
      const { secret } = await setWebhook(core, bot, {
        url,
        on,
        keywords: form.keywords?.split(','),
        events: events?.filter((word) => word !== ''),
      });
      return secret === undefined
        ? { flash: t`The outgoing webhook of ${bot.name} is saved.` }
        : { made: secretMade(t`The outgoing webhook of ${bot.name} is saved`, t`Signing secret`, secret) };
    }
    case 'webhook-rotate':
      return {
        made: secretMade(
          t`New signing secret; the previous one also signs for 24 hours`,
          t`Signing secret`,
          await rotateWebhookSecret(core, bot),
        ),
      };
    case 'webhook-enable':
      await enableWebhook(core, bot);
      return { flash: t`The outgoing webhook of ${bot.name} is enabled.` };
    case 'webhook-remove':
      await removeWebhook(core, bot);
      return { flash: t`The outgoing webhook of ${bot.name} is removed.` };
    default:
      throw form satisfies never;
  }
}
