import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Resolved } from './name-lookup.ts';

/** An answer as far as it is looked at. `isCut`: there was more than MAX_ANSWER_BYTES. */
export type OutboundResponse = {
  readonly status: number;
  readonly type: string;
  readonly encoding: string;
  readonly disposition: string;
  readonly retryAfter: string;
  readonly body: Buffer;
  readonly isCut: boolean;
};

/** More of an answer is not read, whatever its headers say. */
export const MAX_RESPONSE_BYTES = 256 * 1024;

type OutboundRequest = {
  readonly url: URL;
  /** The only ones that are connected to. */
  readonly addresses: readonly Resolved[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Ends the call, whatever state it is in. */
  readonly signal: AbortSignal;
};

/** One POST on a connection of its own; no redirect is followed, nothing is inflated. Rejects when no whole answer comes. */
export async function send(call: OutboundRequest): Promise<OutboundResponse> {
  const { request } = call.url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<OutboundResponse>();
  const made: ClientRequest = request(call.url, optionsOf(call), (response) => read(response).then(resolve, reject));
  made.on('error', reject); // an answer that is cut short may bring more than one
  made.end(call.body);
  return promise;
}

function optionsOf({ addresses, headers, body, signal }: OutboundRequest): RequestOptions {
  const length = String(Buffer.byteLength(body));
  return { method: 'POST', agent: false, signal, lookup: lookupAmong(addresses), headers: { ...headers, 'Content-Length': length } };
}

/** What was checked is what is connected to: the name is not looked up a second time, when it might lead elsewhere. */
const lookupAmong =
  (addresses: readonly Resolved[]): NonNullable<RequestOptions['lookup']> =>
  (_host, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, [...addresses]);
    else if (first) done(null, first.address, first.family);
  };

async function read(response: IncomingMessage): Promise<OutboundResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) break; // which destroys the connection
  }
  const { headers, statusCode = 0 } = response;
  return {
    status: statusCode,
    type: headers['content-type'] ?? '',
    encoding: headers['content-encoding'] ?? '',
    disposition: headers['content-disposition'] ?? '',
    retryAfter: headers['retry-after'] ?? '',
    body: Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES),
    isCut: bytes > MAX_RESPONSE_BYTES,
  };
}
