import { decodeUtf8 } from '../text/body.ts';
import { isTool } from './server.ts';

/** The body of a request. `message`: undefined when it is no JSON. */
export type Incoming = { readonly text: string; readonly message: unknown };

export function parseIncoming(bytes: Uint8Array): Incoming {
  const text = decodeUtf8(bytes);
  try {
    return { text, message: JSON.parse(text) };
  } catch {
    return { text, message: undefined };
  }
}

/** The fields of a JSON object; none of another value. */
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};

/** Refuses batches: the protocol has none since 2025-06-18, and one request could make thousands of calls. */
export const refusal = (incoming: Incoming | undefined): Response | undefined =>
  Array.isArray(incoming?.message)
    ? Response.json(
        { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Batches are not accepted: send one message.' } },
        { status: 400 },
      )
    : undefined;

/** The tool that a message calls; undefined when it calls none that exists. */
export function toolIn(incoming: Incoming | undefined): string | undefined {
  const { method, params } = fieldsOf(incoming?.message);
  const { name } = fieldsOf(params);
  return method === 'tools/call' && isTool(name) ? name : undefined;
}

/** What a message that opens a stream asks for. Undefined: it opens none. */
export function listenFilterOf(incoming: Incoming | undefined): { uris: readonly unknown[]; isOfGroups: boolean } | undefined {
  const { method, params } = fieldsOf(incoming?.message);
  if (method !== 'subscriptions/listen') return undefined;
  const { resourceSubscriptions, resourcesListChanged } = fieldsOf(fieldsOf(params).notifications);
  return { uris: Array.isArray(resourceSubscriptions) ? resourceSubscriptions : [], isOfGroups: resourcesListChanged === true };
}

/** The message with these URIs in place of those it asks for, where it asks for some. */
export function withUris(incoming: Incoming, uris: readonly string[]): Incoming {
  const message = fieldsOf(incoming.message);
  const params = fieldsOf(message.params);
  const notifications = fieldsOf(params.notifications);
  if (!Array.isArray(notifications.resourceSubscriptions)) return incoming;
  const changed = { ...message, params: { ...params, notifications: { ...notifications, resourceSubscriptions: uris } } };
  return { text: JSON.stringify(changed), message: changed };
}
