import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import { requireBot } from '../bots/operations.ts';
import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import { datesIn } from '../text/dates.ts';
import type { Delivery } from '../webhooks/outgoing/deliveries-port.ts';
import {
  findDelivery,
  listDeliveries,
  MAX_PER_DELIVERY_PAGE,
  removeWebhook,
  rotateWebhookSecret,
  sendAgain,
  setWebhook,
  type WebhookView,
  webhookOf,
} from '../webhooks/outgoing/operations.ts';
import type { Session } from './command.ts';
import type { Row } from './out.ts';

export type WebhookOptions = {
  readonly on?: string;
  readonly keyword?: readonly string[];
  readonly events?: string;
  readonly off?: true;
  readonly rotate?: true;
};

/** Shows, sets, rotates or removes the outgoing webhook of a bot. */
export async function webhook({ core, out }: Session, name: string, url: string | undefined, options: WebhookOptions): Promise<void> {
  const bot = await botNamed(core, name);
  if (options.off) return remove({ core, out }, bot);
  const changes = { on: options.on, keywords: options.keyword, events: options.events?.split(',').map((word) => word.trim()) };
  const isChange = url !== undefined || Object.values(changes).some((value) => value !== undefined);
  const made = isChange ? await setWebhook(core, bot, { url: url ?? (await requireWebhook(core, bot)).url, ...changes }) : undefined;
  const secret = options.rotate && made?.secret === undefined ? await rotateWebhookSecret(core, bot) : made?.secret;
  printWebhook({ core, out }, bot, await requireWebhook(core, bot), secret);
}

async function remove({ core, out }: Session, bot: User): Promise<void> {
  const removed = await removeWebhook(core, bot);
  out.write({ id: bot.id, name: bot.name, removed }, removed ? `Removed the webhook of ${bot.name}.` : `${bot.name} had no webhook.`);
}

async function requireWebhook(core: Core, bot: User): Promise<WebhookView> {
  const found = await webhookOf(core, bot);
  if (!found) throw invalid('url', `${bot.name} has no webhook yet. Give the URL to call.`);
  return found;
}

function printWebhook(
  { out }: Session,
  { id, name }: User,
  { url, on, keywords, events, disabled }: WebhookView,
  secret: string | undefined,
): void {
  const when = on === 'keyword' ? `keyword ${keywords.join(', ')}` : on;
  const text = [`${name} is called at ${url}`, `  on      ${when}`, `  events  ${events.join(', ')}`];
  if (disabled !== null) text.push(`  disabled: ${disabled} Set the URL again to enable it.`);
  if (secret !== undefined) text.push(`  secret  ${secret}   (shown only once)`);
  out.write({ id, name, url, on, keywords, events, disabled, ...(secret === undefined ? {} : { secret }) }, text.join('\n'));
}

const dates = datesIn('UTC');

/** The newest deliveries of a bot. */
export async function deliveries({ core, out }: Session, name: string, { lines }: { readonly lines: number }): Promise<void> {
  const bot = await botNamed(core, name);
  const found = await listDeliveries(core, bot, { limit: lines });
  await printDeliveries({ core, out }, found.deliveries, `There are no deliveries to ${bot.name} yet.`);
}

async function printDeliveries({ core, out }: Session, found: readonly Delivery[], none: string): Promise<void> {
  const groups = await core.store.groups.byIds([...new Set(found.map(({ group }) => group))]);
  const slugs = new Map(groups.map(({ id, slug }) => [id, slug]));
  out.list(
    found.map((one) => rowOf(one, slugs.get(one.group) ?? '')),
    none,
  );
}

function rowOf({ id, event, seq, state, reason, due, attempts, createdAt }: Delivery, group: string): Row {
  const last = attempts.at(-1);
  return {
    at: dates.iso(createdAt),
    event,
    group,
    seq,
    state,
    attempts: attempts.length,
    status: last?.status ?? '',
    ms: last?.ms ?? '',
    next: state === 'waiting' ? dates.iso(due) : '',
    error: reason ?? last?.error ?? '',
    id,
  };
}

/** Sends deliveries of a bot again: those named, or with `failed` all that have failed or were dropped. Prints each as it is then. */
export async function replay(
  { core, out }: Session,
  name: string,
  named: readonly string[],
  { failed }: { readonly failed?: true },
): Promise<void> {
  if (named.length > 0 === (failed === true))
    throw invalid('deliveries', 'Name the deliveries by their ids, or give --failed for all that failed.');
  const bot = await botNamed(core, name);
  const ids = failed ? await failedIds(core, bot) : named;
  for (const id of ids) await findDelivery(core, bot, id); // one that is not there: nothing is sent
  for (const id of ids) await sendAgain(core, bot, id);
  const sent = await Promise.all(ids.map((id) => findDelivery(core, bot, id)));
  await printDeliveries({ core, out }, sent, `${bot.name} has no delivery that failed.`);
}

/** Oldest first, so that they are sent in the order of their events. */
async function failedIds(core: Core, bot: User): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let before: string | undefined, isFirst = true; isFirst || before !== undefined; isFirst = false) {
    const page = await listDeliveries(core, bot, { limit: MAX_PER_DELIVERY_PAGE, before });
    ids.push(...page.deliveries.filter(({ state }) => state === 'failed' || state === 'dropped').map(({ id }) => id));
    before = page.older;
  }
  return ids.reverse();
}

async function botNamed(core: Core, name: string): Promise<User> {
  if (name.trim() === '') throw notFound('Name of the bot is missing.');
  return requireBot(await core.store.users.byNameKey(nameKey(name)), name);
}
