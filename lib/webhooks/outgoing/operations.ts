import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { DomainError, invalid, notFound } from '../../errors.ts';
import { newUid } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { DestinationRefused, parseTarget, refuseLiteral } from '../../outbound/ssrf-guard.ts';
import type { Delivery } from './deliveries-port.ts';
import { changeWebhook } from './health.ts';
import { deliveryId, NEW } from './outbox.ts';
import { TEST_EVENT } from './payload.ts';
import { EVENTS, type EventKind, INTEGRATION_EVENT, TRIGGERS, type Trigger, type Webhook } from './port.ts';
import { recordedReason } from './recorded.ts';
import { withNewSecret } from './secrets.ts';

/** The settings of a webhook, unchecked. An absent one stays unchanged; the defaults are `mention` and `['posted']`. */
export type WebhookInput = {
  readonly url: string;
  readonly on?: string | undefined;
  readonly keywords?: readonly string[] | undefined;
  readonly events?: readonly string[] | undefined;
};

/** A webhook without its secrets. */
export type WebhookView = Omit<Webhook, 'secrets' | 'rev'>;

/** `secret` (`whsec_…`) is shown once; undefined when the existing one stays. */
type WebhookSet = { readonly webhook: WebhookView; readonly secret: string | undefined };

const MAX_KEYWORDS = 10;
const MAX_KEYWORD_LENGTH = 64;

const viewOf = ({ secrets: _s, rev: _r, ...view }: Webhook): WebhookView => view;

/** The outgoing webhook of a bot; undefined for none. */
export async function webhookOf(core: Core, bot: User): Promise<WebhookView | undefined> {
  const webhook = await core.store.webhooks.byBot(bot.id);
  return webhook && viewOf(webhook);
}

/** Creates or changes a bot's outgoing webhook, and enables it. Errors: `invalid` (url, on, keywords, events). */
export async function setWebhook(core: Core, bot: User, input: WebhookInput): Promise<WebhookSet> {
  const url = await urlIn(core, input.url);
  let secret: string | undefined;
  const webhook = await changeWebhook(core, bot.id, (present) => {
    const kept = present ?? { ...withNewSecretFor(core), createdAt: core.now(), on: 'mention', keywords: [], events: ['posted'] as const };
    secret = 'secret' in kept ? kept.secret : undefined;
    const { secrets, createdAt } = kept;
    return { bot: bot.id, url, secrets, createdAt, ...choicesIn(input, kept), disabled: null, failingSince: null };
  });
  if (secret !== undefined) recordSecret(core, bot, 'created');
  return { webhook: viewOf(must(webhook)), secret };
}

const recordSecret = (core: Core, bot: User, detail: string): void =>
  core.securityLog.record({ event: 'webhook_secrets_changed', user: bot.id, detail: `outgoing webhook ${detail}` });

const withNewSecretFor = (core: Core) => withNewSecret(core, undefined);

async function urlIn(core: Core, text: string): Promise<string> {
  try {
    const url = parseTarget(text.trim());
    await refuseLiteral(url, core.config);
    return url.href;
  } catch (error) {
    throw error instanceof DestinationRefused ? invalid('url', recordedReason(error.message)) : error;
  }
}

type Choices = Pick<Webhook, 'on' | 'keywords' | 'events'>;

function choicesIn(input: WebhookInput, present: Choices): Choices {
  const on = input.on === undefined ? present.on : wordIn<Trigger>(TRIGGERS, input.on, 'on');
  const keywords = input.keywords === undefined ? present.keywords : keywordsIn(input.keywords);
  const events = input.events === undefined ? present.events : eventsIn(input.events);
  if (on === 'keyword' && keywords.length === 0) throw invalid('keywords', t`Give at least one keyword.`);
  return { on, keywords, events };
}

function wordIn<T extends string>(words: readonly T[], given: string, field: string): T {
  const word = words.find((one) => one === given);
  if (word === undefined) throw invalid(field, t`It must be one of ${words.join(', ')}.`);
  return word;
}

function keywordsIn(given: readonly string[]): string[] {
  const keywords = [...new Set(given.map((word) => word.normalize('NFC').trim()).filter(Boolean))];
  if (keywords.length > MAX_KEYWORDS) throw invalid('keywords', t`At most ${MAX_KEYWORDS} keywords are allowed.`);
  if (keywords.some((word) => word.length > MAX_KEYWORD_LENGTH))
    throw invalid('keywords', t`A keyword can have at most ${MAX_KEYWORD_LENGTH} characters.`);
  return keywords;
}

function eventsIn(given: readonly string[]): EventKind[] {
  const chosen = new Set(given.map((word) => wordIn(EVENTS, word, 'events')));
  if (chosen.size === 0) throw invalid('events', t`Choose at least one of ${EVENTS.join(', ')}.`);
  return EVENTS.filter((event) => chosen.has(event));
}

/** Removes a bot's outgoing webhook; waiting deliveries are dropped. Resolves to whether there was one. */
export async function removeWebhook(core: Core, bot: User): Promise<boolean> {
  const wasThere = await core.store.webhooks.remove(bot.id);
  if (wasThere) recordSecret(core, bot, 'removed');
  return wasThere;
}

/** Enables a disabled webhook, from the next event on. Errors: `notFound`. */
export async function enableWebhook(core: Core, bot: User): Promise<WebhookView> {
  const webhook = await changeWebhook(core, bot.id, (present) => present && { ...present, disabled: null, failingSince: null });
  return viewOf(must(webhook));
}

/** Creates a new secret, shown once; the previous one also signs for 24 h, so that the bot can switch. Errors: `notFound`. */
export async function rotateWebhookSecret(core: Core, bot: User): Promise<string> {
  let secret = '';
  must(
    await changeWebhook(core, bot.id, (present) => {
      if (!present) return undefined;
      const made = withNewSecret(core, present);
      secret = made.secret;
      return { ...present, secrets: made.secrets };
    }),
  );
  recordSecret(core, bot, 'rotated');
  return secret;
}

function must(webhook: Webhook | undefined): Webhook {
  if (!webhook) throw notFound(t`This bot has no outgoing webhook.`);
  return webhook;
}

/** Deliveries of a bot, newest first. `older`: the value of `before` for the next page; undefined on the last one. */
export type DeliveryPage = { readonly deliveries: readonly Delivery[]; readonly older: string | undefined };

/** A page has so many deliveries at most. */
export const MAX_PER_DELIVERY_PAGE = 100;

/** Lists the deliveries of a bot. Errors: `notFound` (before: no delivery of this bot, or expired). */
export async function listDeliveries(
  core: Core,
  bot: User,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<DeliveryPage> {
  const size = Math.min(Math.max(1, limit), MAX_PER_DELIVERY_PAGE);
  const from = before === undefined ? {} : { before: await findDelivery(core, bot, before) };
  const found = await core.store.deliveries.ofBot(bot.id, { limit: size + 1, ...from });
  const deliveries = found.slice(0, size);
  return { deliveries, older: found.length > size ? deliveries.at(-1)?.id : undefined };
}

/** One delivery of this bot. Errors: `notFound`. */
export async function findDelivery(core: Core, bot: User, id: string): Promise<Delivery> {
  const delivery = await core.store.deliveries.byId(id);
  if (delivery?.bot !== bot.id) throw notFound(t`This bot has no such delivery, or it has expired.`);
  return delivery;
}

/** Sends a finished delivery again, with the same id. Errors: `notFound`, `conflict` while it is not finished or the webhook is disabled. */
export async function sendAgain(core: Core, bot: User, id: string): Promise<void> {
  const delivery = await findDelivery(core, bot, id);
  if (delivery.event !== INTEGRATION_EVENT) await requireActive(core, bot);
  if (!(await core.store.deliveries.reschedule(delivery.id, core.now())))
    throw new DomainError('conflict', t`This delivery is not finished; it is retried automatically.`);
  core.webhookCalls.notify();
}

/** Sends the bot a test event in one of its groups; resolves to the delivery's id. Errors: `notFound`, `conflict` (disabled), `invalid` (no group). */
export async function sendTest(core: Core, bot: User): Promise<string> {
  await requireActive(core, bot);
  const [membership] = await core.store.memberships.ofUser(bot.id);
  if (!membership) throw invalid('name', t`${bot.name} is in no group.`);
  const now = core.now();
  const id = deliveryId(newUid(core.random), bot.id);
  const about = { group: membership.group, seq: 0, message: null, event: TEST_EVENT };
  await core.store.deliveries.insert([{ id, bot: bot.id, ...about, due: now, createdAt: now, ...NEW }]);
  core.webhookCalls.notify();
  return id;
}

async function requireActive(core: Core, bot: User): Promise<void> {
  const { disabled } = must(await core.store.webhooks.byBot(bot.id));
  if (disabled !== null) throw new DomainError('conflict', t`The webhook is disabled: ${recordedReason(disabled)}`);
}
