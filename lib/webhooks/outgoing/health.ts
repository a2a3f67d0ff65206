import type { Core } from '../../core.ts';
import type { UserId } from '../../ids.ts';
import type { Webhook } from './port.ts';
import { DISABLE_AFTER_MS, type Result } from './retry.ts';

const TRIES = 10;

/** Changes the stored webhook by compare-and-set: `change` is called again after a conflict; undefined leaves it unchanged. Resolves to the stored webhook. */
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
  throw new Error(`changing a webhook failed: ${TRIES} conflicts`);
}

/** Stores the health of a webhook after a delivery, and disables it after five days of failures or a 410. `webhook`: as it was when the request was made. */
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

/** The changes to store; undefined for none, the usual case. */
function healthAfter({ failingSince }: Webhook, result: Result, now: number): Health | undefined {
  if (result.kind === 'dropped' || result.kind === 'stopped') return undefined;
  if (result.kind === 'delivered') return failingSince === null ? undefined : { failingSince: null };
  if (result.kind === 'gone') return { disabled: 'The URL responded 410 Gone.', failingSince: failingSince ?? now };
  if (failingSince === null) return { failingSince: now };
  return now - failingSince < DISABLE_AFTER_MS ? undefined : { disabled: 'All deliveries have failed for five days.' };
}
