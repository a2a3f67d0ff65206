import type { Core } from '../../core.ts';
import { traceFrom } from '../../trace.ts';
import { headersOf } from './attempt.ts';
import type { Delivery } from './deliveries-port.ts';
import { payloadOf } from './payload.ts';

/** A delivery as a request, to be read by people: what could be used by others is blanked. */
export type ShownRequest = {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
};

const BLANK = '[redacted]';
/** What is another each time, or opens something. */
const HIDDEN = ['webhook-signature', 'traceparent'];

/** The request of a delivery as it would be sent now; in words, why it would not be sent. */
export async function requestNow(core: Core, delivery: Delivery): Promise<ShownRequest | { readonly reason: string }> {
  const webhook = await core.store.webhooks.byBot(delivery.bot);
  if (!webhook) return { reason: 'The bot has no webhook any more.' };
  const payload = await payloadOf(core, delivery, ({ id }) => `${id}-${BLANK}`);
  if ('reason' in payload) return payload;
  const headers = headersOf(core, delivery, webhook, JSON.stringify(payload.body), traceFrom('', core.random));
  const shown = Object.entries(headers).map(([name, value]) => [name, HIDDEN.includes(name) ? BLANK : value] as const);
  return { method: 'POST', url: webhook.url, headers: Object.fromEntries(shown), body: payload.body };
}
