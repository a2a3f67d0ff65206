import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { DomainError, invalid, notFound } from '../../errors.ts';
import { newUid } from '../../ids.ts';
import { DestinationRefused, parseTarget, refuseLiteral } from '../../outbound/ssrf-guard.ts';
import type { Delivery } from './deliveries-port.ts';
import { changeWebhook } from './health.ts';
import { deliveryId, NEW } from './outbox.ts';
import { TEST_EVENT } from './payload.ts';
import { EVENTS, type EventKind, TRIGGERS, type Trigger, type Webhook } from './port.ts';
import { withNewSecret } from './secrets.ts';

/** What can be chosen. Left out: as it is, or at first `mention` and `['posted']`. Words come from outside and are checked here. */
export type WebhookInput = {
  readonly url: string;
  readonly on?: string | undefined;
  readonly keywords?: readonly string[] | undefined;
  readonly events?: readonly string[] | undefined;
};

/** A webhook as it may be shown. */
export type WebhookView = Omit<Webhook, 'secrets' | 'rev'>;

/** `secret` (`whsec_…`) is shown this once; undefined when the one that it has goes on. */
type WebhookSet = { readonly webhook: WebhookView; readonly secret: string | undefined };

const MAX_KEYWORDS = 10;
const MAX_KEYWORD_LENGTH = 64;

const viewOf = ({ secrets: _s, rev: _r, ...view }: Webhook): WebhookView => view;

/** The webhook of a bot, when it has one. */
export async function webhookOf(core: Core, bot: User): Promise<WebhookView | undefined> {
  const webhook = await core.store.webhooks.byBot(bot.id);
  return webhook && viewOf(webhook);
}

/** Gives a bot the address that it is called at, or changes it; one that was disabled is called again. Errors: `invalid` (url, on, keywords, events). */
export async function setWebhook(core: Core, bot: User, input: WebhookInput): Promise<WebhookSet> {
  const url = await urlIn(core, input.url);
  let secret: string | undefined;
  const webhook = await changeWebhook(core, bot.id, (present) => {
    const kept = present ?? { ...withNewSecretFor(core), createdAt: core.now(), on: 'mention', keywords: [], events: ['posted'] as const };
    secret = 'secret' in kept ? kept.secret : undefined;
    const { secrets, createdAt } = kept;
    return { bot: bot.id, url, secrets, createdAt, ...choicesIn(input, kept), disabled: null, failingSince: null };
  });
  return { webhook: viewOf(must(webhook)), secret };
}

const withNewSecretFor = (core: Core) => withNewSecret(core, undefined);

async function urlIn(core: Core, text: string): Promise<string> {
  try {
    const url = parseTarget(text.trim());
    await refuseLiteral(url, core.config);
    return url.href;
  } catch (error) {
    throw error instanceof DestinationRefused ? invalid('url', error.message) : error;
  }
}

type Choices = Pick<Webhook, 'on' | 'keywords' | 'events'>;

function choicesIn(input: WebhookInput, present: Choices): Choices {
  const on = input.on === undefined ? present.on : wordIn<Trigger>(TRIGGERS, input.on, 'on');
  const keywords = input.keywords === undefined ? present.keywords : keywordsIn(input.keywords);
  const events = input.events === undefined ? present.events : eventsIn(input.events);
  if (on === 'keyword' && keywords.length === 0) throw invalid('keywords', 'Say at least one keyword.');
  return { on, keywords, events };
}

function wordIn<T extends string>(words: readonly T[], given: string, field: string): T {
  const word = words.find((one) => one === given);
  if (word === undefined) throw invalid(field, `It must be one of ${words.join(', ')}.`);
  return word;
}

function keywordsIn(given: readonly string[]): string[] {
  const keywords = [...new Set(given.map((word) => word.normalize('NFC').trim()).filter(Boolean))];
  if (keywords.length > MAX_KEYWORDS) throw invalid('keywords', `There may be ${MAX_KEYWORDS} keywords at most.`);
  if (keywords.some((word) => word.length > MAX_KEYWORD_LENGTH))
    throw invalid('keywords', `A keyword has ${MAX_KEYWORD_LENGTH} characters at most.`);
  return keywords;
}

function eventsIn(given: readonly string[]): EventKind[] {
  const chosen = new Set(given.map((word) => wordIn(EVENTS, word, 'events')));
  if (chosen.size === 0) throw invalid('events', `Choose at least one of ${EVENTS.join(', ')}.`);
  return EVENTS.filter((event) => chosen.has(event));
}

/** Resolves to whether there was one. What waits to be sent is dropped. */
export const removeWebhook = (core: Core, bot: User): Promise<boolean> => core.store.webhooks.remove(bot.id);

/** Calls a disabled one again, from the next event on. Errors: `notFound`. */
export async function enableWebhook(core: Core, bot: User): Promise<WebhookView> {
  const webhook = await changeWebhook(core, bot.id, (present) => present && { ...present, disabled: null, failingSince: null });
  return viewOf(must(webhook));
}

/** A new secret, shown this once; the one till now goes on signing beside it for 24 h, so that the bot can change over. Errors: `notFound`. */
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
  return secret;
}

function must(webhook: Webhook | undefined): Webhook {
  if (!webhook) throw notFound('This bot has no webhook to be called at.');
  return webhook;
}

/** The deliveries of a bot, the newest first. `older`: what to give as `before` for those before them, where there are more. */
export type DeliveryPage = { readonly deliveries: readonly Delivery[]; readonly older: string | undefined };

/** A page has so many deliveries at most. */
export const MAX_PER_DELIVERY_PAGE = 100;

/** Errors: `notFound` (before: no delivery of this bot, or not kept any more). */
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

/** One delivery of this very bot. Errors: `notFound`. */
export async function findDelivery(core: Core, bot: User, id: string): Promise<Delivery> {
  const delivery = await core.store.deliveries.byId(id);
  if (delivery?.bot !== bot.id) throw notFound('There is no such delivery of this bot, or it is not kept any more.');
  return delivery;
}

/** Sends a delivery that is over once more, with the same id. Errors: `notFound`, `conflict` while it is not over, or where nobody could be called. */
export async function sendAgain(core: Core, bot: User, id: string): Promise<void> {
  await requireActive(core, bot);
  const delivery = await findDelivery(core, bot, id);
  if (!(await core.store.deliveries.reschedule(delivery.id, core.now())))
    throw new DomainError('conflict', 'This delivery is not over yet: it is sent again by itself.');
  core.webhookCalls.notify();
}

/** Calls the bot with an event that is none, as from one of its groups; resolves to the delivery's id. Errors: `notFound`, `conflict` (disabled), `invalid` (no group). */
export async function sendTest(core: Core, bot: User): Promise<string> {
  await requireActive(core, bot);
  const [membership] = await core.store.memberships.ofUser(bot.id);
  if (!membership) throw invalid('name', `${bot.name} is in no group.`);
  const now = core.now();
  const id = deliveryId(newUid(core.random), bot.id);
  const about = { group: membership.group, seq: 0, message: null, event: TEST_EVENT };
  await core.store.deliveries.insert([{ id, bot: bot.id, ...about, due: now, createdAt: now, ...NEW }]);
  core.webhookCalls.notify();
  return id;
}

async function requireActive(core: Core, bot: User): Promise<void> {
  const { disabled } = must(await core.store.webhooks.byBot(bot.id));
  if (disabled !== null) throw new DomainError('conflict', `The webhook is disabled: ${disabled}`);
}
