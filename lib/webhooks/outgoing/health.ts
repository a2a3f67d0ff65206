import type { Core } from '../../core.ts';
import type { UserId } from '../../ids.ts';
import type { Webhook } from './port.ts';
import { DISABLE_AFTER_MS, type Result } from './retry.ts';

const TRIES = 10;

/** Changes a webhook as it is now: `change` is asked again when others did so meanwhile, and undefined leaves it. Resolves to what is stored then. */
export async function changeWebhook(
  core: Core,
  bot: UserId,
  change: (webhook: Webhook | undefined) => Omit<Webhook, 'rev'> | undefined,
): Promise<Webhook | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const present = await core.store.webhooks.byBot(bot);
    const next = change(present);
    if (!next) return present;
    const webhook = { ...next, rev: (present?.rev ?? 0) + 1 };
    if (await core.store.webhooks.put(webhook)) return webhook;
  }
  throw new Error('a webhook keeps being changed by others');
}

/** Remembers with the webhook how it fares, and disables it once it is of no use. `webhook`: as it was when it was called. */
export async function noteHealth(core: Core, webhook: Webhook, result: Result): Promise<void> {
  const next = healthAfter(webhook, result, core.now());
  if (next === undefined) return;
  const changed = await changeWebhook(core, webhook.bot, (now) =>
    now?.url === webhook.url && now.disabled === null ? { ...now, ...next } : undefined,
  );
  if (!next.disabled || changed?.disabled !== next.disabled) return;
  core.logger.warn({ bot: webhook.bot, reason: next.disabled }, 'webhook disabled');
}

type Health = Partial<Pick<Webhook, 'disabled' | 'failingSince'>>;

/** Undefined: nothing to write, as nearly always. */
function healthAfter({ failingSince }: Webhook, result: Result, now: number): Health | undefined {
  if (result.kind === 'dropped' || result.kind === 'stopped') return undefined;
  if (result.kind === 'delivered') return failingSince === null ? undefined : { failingSince: null };
  if (result.kind === 'gone')
    return { disabled: 'It answered 410: it does not want to be called any more.', failingSince: failingSince ?? now };
  if (failingSince === null) return { failingSince: now };
  return now - failingSince < DISABLE_AFTER_MS ? undefined : { disabled: 'For five days every call of it has failed.' };
}
