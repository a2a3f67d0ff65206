import type { Core } from '../../core.ts';
import { traceFrom } from '../../trace.ts';
import { headersOf } from './attempt.ts';
import type { Delivery } from './deliveries-port.ts';
import { payloadOf } from './payload.ts';

/** The request of a delivery, for display: secrets are redacted. */
export type ShownRequest = {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
};

const REDACTED = '[redacted]';
/** Headers that differ in each request. */
const REDACTED_HEADERS = ['webhook-signature', 'traceparent'];

/** The request of a delivery as it would be sent now; or the reason why it would not be sent. */
export async function requestNow(core: Core, delivery: Delivery): Promise<ShownRequest | { readonly reason: string }> {
  const webhook = await core.store.webhooks.byBot(delivery.bot);
  if (!webhook) return { reason: 'The bot no longer has a webhook.' };
  const payload = await payloadOf(core, delivery, ({ id }) => `${id}-${REDACTED}`);
  if ('reason' in payload) return payload;
  const headers = headersOf(core, delivery, webhook, JSON.stringify(payload.body), traceFrom('', core.random));
  const shown = Object.entries(headers).map(([name, value]) => [name, REDACTED_HEADERS.includes(name) ? REDACTED : value] as const);
  return { method: 'POST', url: webhook.url, headers: Object.fromEntries(shown), body: payload.body };
}
