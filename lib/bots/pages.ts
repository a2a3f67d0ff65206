import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { siteUrlOf } from '../http/context.ts';
import { type FieldError, noTransform, renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { t } from '../language/text.ts';
import { type DeliveryPage, listDeliveries, webhookOf } from '../webhooks/outgoing/operations.ts';
import { EVENTS, TRIGGERS } from '../webhooks/outgoing/port.ts';
import { recordedReason } from '../webhooks/outgoing/recorded.ts';
import { deliveryJson, iso, rowsOf } from './delivery-pages.ts';
import * as bots from './operations.ts';

/** Secrets that are shown once: anyone who has them can act as the bot. */
export type IssuedSecrets = { readonly title: string; readonly fields: readonly Field[]; readonly curl: string | null };
type Field = { readonly id: string; readonly label: string; readonly value: string };

/** The input of a refused form, and the error. */
type Refusal = { readonly form: string; readonly typed: Readonly<Record<string, unknown>>; readonly error: FieldError };

type BotPageExtras = { readonly made?: IssuedSecrets; readonly refused?: Refusal };

/** All secrets of a bot, with a command to try them. */
export function secretsMade(ctx: Context, core: Core, name: string, { hooks, token, campfire }: bots.BotSecrets): IssuedSecrets {
  const origin = siteUrlOf(ctx, core.config);
  const fields = [
    ...hooksMade(origin, hooks),
    { id: 'token', label: t`Bearer token`, value: token },
    { id: 'campfire', label: t`Key for bots written for Campfire`, value: campfire },
  ];
  return { title: t`${name} is ready`, fields, curl: curlFor(name, fields[0]?.value ?? '') };
}

/** The webhook for another group. */
export function hookMade(ctx: Context, core: Core, name: string, made: bots.NewHook): IssuedSecrets {
  const fields = hooksMade(siteUrlOf(ctx, core.config), [made]);
  return { title: t`${name} is in ${made.group.name}`, fields, curl: curlFor(name, fields[0]?.value ?? '') };
}

export const secretMade = (title: string, label: string, value: string): IssuedSecrets => ({
  title,
  fields: [{ id: 'secret', label, value }],
  curl: null,
});

const hooksMade = (origin: string, hooks: readonly bots.NewHook[]): Field[] =>
  hooks.map(({ group, hook }, index) => ({
    id: index === 0 ? 'hook' : `hook-${index + 1}`,
    label: hooks.length === 1 ? t`Hook URL` : t`Hook URL for ${group.name}`,
    value: `${origin}${hook}`,
  }));

/** A curl command; characters of the name that a shell would interpret are removed. */
const curlFor = (name: string, url: string): string => `curl -d "Hello from ${name.replace(/["$`\\!]/g, '')}" ${url}`;

/** What the page of a bot shows, without secrets. */
async function botView(core: Core, bot: User) {
  const [tokens, webhook, memberships] = await Promise.all([
    core.store.tokens.listOf(bot.id),
    webhookOf(core, bot),
    core.store.memberships.ofUser(bot.id),
  ]);
  const ids = new Set([...memberships.map(({ group }) => group), ...tokens.flatMap(({ group }) => group ?? [])]);
  const groups = new Map((await core.store.groups.byIds([...ids])).map((group) => [group.id, group]));
  return {
    groups: memberships.flatMap(({ group }) => groups.get(group) ?? []).filter(({ kind }) => kind === 'group'),
    tokens: tokens.map((token) => ({ ...token, into: token.group === null ? null : (groups.get(token.group) ?? null) })),
    secrets: (await bots.hookSecrets(core, bot)).length,
    webhook,
  };
}

type BotView = Awaited<ReturnType<typeof botView>>;

/** Responds with the page of one bot, or JSON. */
export async function showBot(
  ctx: Context,
  deps: RouteContext,
  at: GroupAccess,
  bot: User,
  before: string | undefined,
  more: BotPageExtras = {},
): Promise<void> {
  const [view, page] = await Promise.all([botView(deps.core, bot), listDeliveries(deps.core, bot, { limit: 20, before })]);
  await respond(ctx, {
    html: async () => renderPage(ctx, deps.views, 'bots/show.njk', bot.name, await locals(deps.core, at, bot, view, page, before, more)),
    json: () => botJson(bot, view, page, more.made),
  });
  if (more.made) noTransform(ctx);
}

async function locals(
  core: Core,
  at: GroupAccess,
  bot: User,
  view: BotView,
  page: DeliveryPage,
  before: string | undefined,
  more: BotPageExtras,
) {
  const { id, name, color, createdAt } = bot;
  const { webhook } = view;
  return {
    group: at.group,
    bot: { id, name, color, createdAt },
    isAdmin: at.user.admin,
    groups: view.groups,
    tokens: view.tokens.map(({ kind, prefix, lastUsedAt, createdAt: made, expiresAt, into }) => ({
      ...{ kind, prefix, lastUsedAt, createdAt: made, expiresAt: expiresAt ?? null, into: into?.name ?? null },
    })),
    isEnding: view.tokens.some(({ expiresAt }) => expiresAt !== undefined),
    secrets: view.secrets,
    webhook: webhook ? { ...webhook, disabled: recordedReason(webhook.disabled) } : null,
    form: webhookForm(view, more.refused),
    deliveries: await rowsOf(core, page.deliveries),
    older: page.older ?? null,
    isPaged: before !== undefined,
    refused: more.refused ?? null,
    made: more.made ?? null,
  };
}

/** The values of the outgoing webhook's form: the refused input, otherwise the stored settings. */
function webhookForm({ webhook }: BotView, refused: Refusal | undefined) {
  const typed = refused?.form === 'webhook' ? refused.typed : {};
  const has = webhook ?? { url: '', on: 'mention', keywords: [], events: ['posted'] };
  const events: readonly unknown[] = Array.isArray(typed.events) ? typed.events : has.events;
  const on = typed.on ?? has.on;
  return {
    url: typed.url ?? has.url,
    keywords: typed.keywords ?? has.keywords.join(', '),
    triggers: TRIGGERS.map((value) => ({ value, label: triggerLabel(value), chosen: value === on })),
    events: EVENTS.map((value) => ({ value, chosen: events.includes(value) })),
  };
}

const triggerLabel = (trigger: (typeof TRIGGERS)[number]): string =>
  ({ mention: t`messages that mention it`, all: t`all messages`, keyword: t`messages with a keyword` })[trigger];

function botJson(
  { id, name, color, createdAt }: User,
  view: BotView,
  { deliveries, older }: DeliveryPage,
  made: IssuedSecrets | undefined,
) {
  return {
    ...{ id, name, color, created_at: iso(createdAt) },
    groups: view.groups.map(({ slug, name: title }) => ({ slug, name: title })),
    tokens: view.tokens.map(({ kind, prefix, into, createdAt: at, lastUsedAt, expiresAt }) => ({
      ...{ kind, prefix, group: into?.slug ?? null, created_at: iso(at), last_used_at: iso(lastUsedAt), ends_at: iso(expiresAt) },
    })),
    secrets: view.secrets,
    webhook: view.webhook ? webhookJson(view.webhook) : null,
    deliveries: deliveries.map((one) => deliveryJson(one)),
    older: older ?? null,
    ...(made ? { made: Object.fromEntries(made.fields.map((field) => [field.id, field.value])) } : {}),
  };
}

const webhookJson = ({ url, on, keywords, events, disabled }: NonNullable<BotView['webhook']>) => ({ url, on, keywords, events, disabled });
