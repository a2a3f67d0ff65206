import type { Context } from 'koa';
import type { Core } from '../core.ts';
import type { Standing } from '../groups/rules.ts';
import { originOf, speech } from '../http/context.ts';
import { type FieldError, noStore, renderPage } from '../http/reply.ts';
import type { Web } from '../http/web.ts';
import type { Delivery } from '../store/deliveries-port.ts';
import type { Group, User } from '../store/port.ts';
import { EVENTS, TRIGGERS } from '../store/webhooks-port.ts';
import * as bots from './operations.ts';
import { requestNow } from './webhook-request.ts';
import { type DeliveryPage, listDeliveries, webhookOf } from './webhooks.ts';

/** What is shown this once: whoever has it can act as the bot. */
export type Made = { readonly title: string; readonly fields: readonly Field[]; readonly curl: string | null };
type Field = { readonly id: string; readonly label: string; readonly value: string };

/** What was typed into a form that was refused, and why. */
export type Refusal = { readonly form: string; readonly typed: Readonly<Record<string, unknown>>; readonly error: FieldError };

export type More = { readonly made?: Made; readonly refused?: Refusal };

/** All that a bot was given, with a line to try it. */
export function secretsMade(ctx: Context, core: Core, name: string, { hooks, token, campfire }: bots.BotSecrets): Made {
  const origin = originOf(ctx, core.config);
  const fields = [
    ...hooksMade(origin, hooks),
    { id: 'token', label: 'Bearer token', value: token },
    { id: 'campfire', label: 'Key for bots written for Campfire', value: campfire },
  ];
  return { title: `${name} is ready`, fields, curl: curlFor(name, fields[0]?.value ?? '') };
}

/** A webhook in another group. */
export function hookMade(ctx: Context, core: Core, name: string, made: bots.NewHook): Made {
  const fields = hooksMade(originOf(ctx, core.config), [made]);
  return { title: `${name} is in ${made.group.name}`, fields, curl: curlFor(name, fields[0]?.value ?? '') };
}

export const secretMade = (title: string, label: string, value: string): Made => ({
  title,
  fields: [{ id: 'secret', label, value }],
  curl: null,
});

const hooksMade = (origin: string, hooks: readonly bots.NewHook[]): Field[] =>
  hooks.map(({ group, hook }, index) => ({
    id: index === 0 ? 'hook' : `hook-${index + 1}`,
    label: hooks.length === 1 ? 'Hook URL' : `Hook URL for ${group.name}`,
    value: `${origin}${hook}`,
  }));

/** Nothing that a shell would run. */
const curlFor = (name: string, url: string): string => `curl -d "Hello from ${name.replace(/["$`\\!]/g, '')}" ${url}`;

const iso = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : new Date(at).toISOString());

/** What a bot is and has, without anything that opens anything. */
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

/** The page of one bot, or the same as JSON. */
export async function showBot(ctx: Context, web: Web, at: Standing, bot: User, before: string | undefined, more: More = {}): Promise<void> {
  noStore(ctx);
  const [view, page] = await Promise.all([botView(web.core, bot), listDeliveries(web.core, bot, { limit: 20, before })]);
  if (speech(ctx) === 'json') ctx.body = botJson(bot, view, page, more.made);
  else renderPage(ctx, web.views, 'bots/show.njk', bot.name, await locals(web.core, at, bot, view, page, before, more));
}

async function locals(core: Core, at: Standing, bot: User, view: BotView, page: DeliveryPage, before: string | undefined, more: More) {
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
    webhook: webhook ?? null,
    form: webhookForm(view, more.refused),
    deliveries: await rowsOf(core, page.deliveries),
    older: page.older ?? null,
    isPaged: before !== undefined,
    refused: more.refused ?? null,
    made: more.made ?? null,
  };
}

/** What stands in the form of the outgoing webhook: what was typed, else what is so. */
function webhookForm({ webhook }: BotView, refused: Refusal | undefined) {
  const typed = refused?.form === 'webhook' ? refused.typed : {};
  const has = webhook ?? { url: '', on: 'mention', keywords: [], events: ['posted'] };
  const events: readonly unknown[] = Array.isArray(typed.events) ? typed.events : has.events;
  const on = typed.on ?? has.on;
  return {
    url: typed.url ?? has.url,
    keywords: typed.keywords ?? has.keywords.join(', '),
    triggers: TRIGGERS.map((value) => ({ value, label: TRIGGER_LABELS[value], chosen: value === on })),
    events: EVENTS.map((value) => ({ value, chosen: events.includes(value) })),
  };
}

const TRIGGER_LABELS = { mention: 'messages that name it', all: 'all messages', keyword: 'messages with a keyword' } as const;

/** Where a delivery's message is, and how it went. */
async function rowsOf(core: Core, deliveries: readonly Delivery[]) {
  const groups = new Map(
    (await core.store.groups.byIds([...new Set(deliveries.map(({ group }) => group))])).map((group) => [group.id, group]),
  );
  return deliveries.map((delivery) => rowOf(delivery, groups.get(delivery.group)));
}

function rowOf({ id, event, message, seq, state, reason, attempts, due, createdAt, reply }: Delivery, group: Group | undefined) {
  const last = attempts.at(-1);
  const about = message ?? (seq > 0 ? seq : null);
  return {
    ...{ id, event, state, reason, createdAt, due: state === 'waiting' ? due : null, attempts: attempts.length },
    ...{ status: last?.status ?? null, ms: last?.ms ?? null, error: last?.error ?? null },
    url: group && about !== null ? `/groups/${group.slug}/messages/${about}` : null,
    reply: group && reply !== null ? `/groups/${group.slug}/messages/${reply}` : null,
    seq: about,
    group: group?.slug ?? null,
  };
}

/** One delivery: what is sent and what came of each attempt. While it is under way the page looks again by itself. */
export async function showDelivery(ctx: Context, web: Web, at: Standing, bot: User, delivery: Delivery): Promise<void> {
  noStore(ctx);
  const [row] = await rowsOf(web.core, [delivery]);
  const request = await shownRequest(web.core, delivery);
  const attempts = delivery.attempts.toReversed();
  if (speech(ctx) === 'json') {
    ctx.body = { ...deliveryJson(delivery, row), request, attempts: delivery.attempts.map((one) => ({ ...one, at: iso(one.at) })) };
    return;
  }
  if (delivery.state === 'waiting' && delivery.due <= web.core.now() + SOON_MS) ctx.set('Refresh', '2');
  const json =
    'reason' in request
      ? null
      : { headers: Object.entries(request.headers), body: JSON.stringify(request.body, null, 2), url: request.url };
  renderPage(ctx, web.views, 'bots/delivery.njk', `${bot.name}: ${delivery.event}`, {
    ...{ group: at.group, bot: { id: bot.id, name: bot.name }, delivery: row, attempts, request: json },
    noRequest: 'reason' in request ? request.reason : null,
    isOver: delivery.state !== 'waiting',
  });
}

const SOON_MS = 10_000;

/** What was said in direct messages is for nobody else's eyes. */
async function shownRequest(core: Core, delivery: Delivery): Promise<Awaited<ReturnType<typeof requestNow>>> {
  const group = await core.store.groups.byId(delivery.group);
  return group?.kind === 'direct' ? { reason: 'It is of direct messages, which are not shown here.' } : requestNow(core, delivery);
}

function botJson({ id, name, color, createdAt }: User, view: BotView, { deliveries, older }: DeliveryPage, made: Made | undefined) {
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

const deliveryJson = (
  { id, event, seq, message, reply, state, reason, due, attempts, createdAt }: Delivery,
  row?: { readonly group: string | null },
) => ({
  ...{ id, event, seq, message, reply, state, reason, created_at: iso(createdAt), due: state === 'waiting' ? iso(due) : null },
  ...{ attempts: attempts.length, status: attempts.at(-1)?.status ?? null, ms: attempts.at(-1)?.ms ?? null },
  ...(row ? { group: row.group } : {}),
});
