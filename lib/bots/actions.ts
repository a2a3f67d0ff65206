import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { DomainError, invalid } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { responseFormat } from '../http/format.ts';
import { seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { setFlash } from '../http/session.ts';
import { newHookSecret } from '../webhooks/incoming/secrets.ts';
import { enableWebhook, removeWebhook, rotateWebhookSecret, sendTest, setWebhook } from '../webhooks/outgoing/operations.ts';
import type { BotForm } from './forms.ts';
import * as bots from './operations.ts';
import { hookMade, type IssuedSecrets, secretMade, secretsMade, showBot } from './pages.ts';

/** Who does it, to which bot, and where its page is. */
type BotContext = { readonly at: GroupAccess; readonly bot: User; readonly here: string };

/** What is to be shown this once; or where to go, and what to say there. */
type Done = { readonly made: IssuedSecrets } | { readonly to?: string; readonly says?: string };

/** Does what a form of a bot's page asks for; a refused form comes back filled. */
export async function runAction(
  ctx: Context,
  web: RouteContext,
  place: BotContext,
  form: BotForm,
  typed: Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    await answer(ctx, web, place, await carryOut(ctx, web, place, form));
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
    await showRefused(ctx, error, (reason) =>
      showBot(ctx, web, place.at, place.bot, undefined, { refused: { form: form.action, typed, error: reason } }),
    );
  }
}

async function answer(ctx: Context, web: RouteContext, { at, bot, here }: BotContext, done: Done): Promise<void> {
  if ('made' in done) return showBot(ctx, web, at, bot, undefined, { made: done.made });
  if (responseFormat(ctx) !== 'html' && done.to === undefined) return showBot(ctx, web, at, bot, undefined);
  if (done.says !== undefined) setFlash(ctx, done.says);
  seeOther(ctx, done.to ?? here);
}

async function carryOut(ctx: Context, web: RouteContext, { at, bot, here }: BotContext, form: BotForm): Promise<Done> {
  const { core } = web;
  const by = at.user.id;
  switch (form.action) {
    case 'rotate':
      return { made: secretsMade(ctx, core, bot.name, await bots.rotateBot(core, by, bot)) };
    case 'overlap':
      return { made: secretsMade(ctx, core, bot.name, await bots.rotateBot(core, by, bot, { overlapMs: bots.ROTATION_MS })) };
    case 'end':
      await bots.endReplaced(core, by, bot);
      return { says: `What ${bot.name} had before is dead.` };
    case 'revoke':
      await bots.revokeBot(core, by, bot);
      return { to: here.slice(0, here.lastIndexOf('/')), says: `${bot.name} is revoked.` };
    case 'group':
      return { made: hookMade(ctx, core, bot.name, await toGroup(web, at, bot, form.group)) };
    case 'secret-add':
    case 'secret-drop':
    case 'secret-off':
      return changeSecrets(web, bot, form);
    case 'webhook':
    case 'webhook-rotate':
    case 'webhook-enable':
    case 'webhook-remove':
      return changeWebhook(web, bot, form);
    case 'test':
      return { to: `${here}/deliveries/${await sendTest(core, bot)}` };
    default:
      throw form satisfies never;
  }
}

async function toGroup({ core }: RouteContext, at: GroupAccess, bot: User, slug: string): Promise<bots.NewHook> {
  if (!at.user.admin) throw new DomainError('forbidden', 'Only an administrator can put a bot into another group.');
  const group = await core.store.groups.bySlug(slug.trim());
  if (!group || group.kind === 'direct') throw invalid('group', 'There is no such group.');
  return bots.addToGroup(core, at.user.id, bot, group);
}

type SecretForm = BotForm & { readonly action: 'secret-add' | 'secret-drop' | 'secret-off' };

async function changeSecrets({ core }: RouteContext, bot: User, form: SecretForm): Promise<Done> {
  const present = await bots.hookSecrets(core, bot);
  if (form.action !== 'secret-add') {
    await bots.setHookSecrets(core, bot, form.action === 'secret-off' ? [] : present.slice(0, 1));
    return { says: form.action === 'secret-off' ? 'Nothing has to be signed any more.' : 'Only the newest secret holds now.' };
  }
  const given = form.secret.trim();
  const secret = given === '' ? newHookSecret(core) : given;
  await bots.setHookSecrets(core, bot, [secret, ...present.slice(0, 1)]);
  return given === ''
    ? { made: secretMade('A secret to sign with', 'Secret', secret) }
    : { says: 'What is signed with this secret is taken now.' };
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
        ? { says: `${bot.name} is called there from now on.` }
        : { made: secretMade(`${bot.name} will be called`, 'Secret that calls are signed with', secret) };
    }
    case 'webhook-rotate':
      return {
        made: secretMade(
          'Another secret; the one before signs too, for 24 hours',
          'Secret that calls are signed with',
          await rotateWebhookSecret(core, bot),
        ),
      };
    case 'webhook-enable':
      await enableWebhook(core, bot);
      return { says: `${bot.name} is called again.` };
    case 'webhook-remove':
      await removeWebhook(core, bot);
      return { says: `${bot.name} is not called any more.` };
    default:
      throw form satisfies never;
  }
}
