import type { Core } from '../../core.ts';
import { traceFrom } from '../../trace.ts';
import { headersOf, requestOf } from './attempt.ts';
import type { Delivery } from './deliveries-port.ts';
import { INTEGRATION_EVENT } from './port.ts';

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
  const request = await requestOf(core, delivery, webhook, ({ id }) => `${id}-${REDACTED}`);
  if ('reason' in request) return request;
  const { body } = request.payload;
  const headers = headersOf(core, delivery, request.secrets, JSON.stringify(body), traceFrom('', core.random));
  const shown = Object.entries(headers).map(([name, value]) => [name, REDACTED_HEADERS.includes(name) ? REDACTED : value] as const);
  const about = { method: 'POST', headers: Object.fromEntries(shown) } as const;
  if (delivery.event !== INTEGRATION_EVENT) return { ...about, url: request.url, body };
  return { ...about, url: `${URL.parse(request.url)?.origin ?? ''}/${REDACTED}`, body: { ...body, context: REDACTED } };
}
