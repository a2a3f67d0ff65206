import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Resolved } from './name-lookup.ts';

/** A response: its status, the headers used here and its body. `isCut`: the body was longer than MAX_RESPONSE_BYTES. */
export type OutboundResponse = {
  readonly status: number;
  readonly type: string;
  readonly encoding: string;
  readonly disposition: string;
  readonly retryAfter: string;
  readonly body: Buffer;
  readonly isCut: boolean;
};

/** A longer response body is cut off. */
export const MAX_RESPONSE_BYTES = 256 * 1024;

type OutboundRequest = {
  readonly url: URL;
  /** The only addresses to connect to. */
  readonly addresses: readonly Resolved[];
  /** Default: POST. */
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Of a POST. */
  readonly body: string | Buffer;
  /** Aborts the request. */
  readonly signal: AbortSignal;
};

/** Sends one request on a new connection. Does not follow redirects or decompress. Rejects when no complete response arrives. */
export async function send(call: OutboundRequest): Promise<OutboundResponse> {
  const { request } = call.url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<OutboundResponse>();
  const made: ClientRequest = request(call.url, optionsOf(call), (response) => read(response).then(resolve, reject));
  made.on('error', reject); // a truncated response may emit several
  made.end(call.body);
  return promise;
}

function optionsOf({ addresses, method = 'POST', headers, body, signal }: OutboundRequest): RequestOptions {
  const length = method === 'POST' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {};
  return { method, agent: false, signal, lookup: lookupAmong(addresses), headers: { ...headers, ...length } };
}

/** Returns the checked addresses: a second DNS lookup could return others (DNS rebinding). */
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
