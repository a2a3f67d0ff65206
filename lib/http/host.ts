import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { DomainError } from '../errors.ts';

/** A host of RFC 3986, section 3.2.2, with a port or without. No comma: a list is what some proxies make of two headers. */
const HOST = /^(?:[\w.~!$&'()*+;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/** Whether a request names one host (RFC 9112, section 3.2). Node.js refuses HTTP/1.1 without the header; of two it would take the first. */
export function hasValidHost({ rawHeaders, headers }: IncomingMessage): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') count++;
  return count === 0 || (count === 1 && HOST.test(headers.host ?? ''));
}

/** Refuses a request that names two hosts, or something that is none: a proxy may have understood another than we would. Errors: `malformed`. */
export const refuseInvalidHost: Middleware = (ctx, next) => {
  if (hasValidHost(ctx.req)) return next();
  ctx.set('Connection', 'close');
  throw new DomainError('malformed', 'The request must have one Host header that names a host.');
};
