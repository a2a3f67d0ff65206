import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { DomainError } from '../errors.ts';

/** A host (RFC 3986, section 3.2.2) with or without a port. No comma: some proxies join two headers into a list. */
const HOST = /^(?:[\w.~!$&'()*+;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/** Whether a request has at most one, valid Host header (RFC 9112, section 3.2). Node.js rejects HTTP/1.1 without one, but of two takes the first. */
export function hasValidHost({ rawHeaders, headers }: IncomingMessage): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') count++;
  return count === 0 || (count === 1 && HOST.test(headers.host ?? ''));
}

/** Refuses a request with several Host headers or an invalid one: a proxy may have routed it by another host than this server reads. Errors: `malformed`. */
export const refuseInvalidHost: Middleware = (ctx, next) => {
  if (hasValidHost(ctx.req)) return next();
  ctx.set('Connection', 'close');
  throw new DomainError('malformed', 'The request must have exactly one valid Host header.');
};
