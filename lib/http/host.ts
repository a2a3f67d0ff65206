import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Middleware } from 'koa';
import { type Config, isEveryAddress, isLoopback } from '../config.ts';
import { DomainError } from '../errors.ts';

/** A host (RFC 3986, section 3.2.2) with or without a port. No comma: some proxies join two headers into a list. */
const HOST = /^([\w.~!$&'()*+;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

type Settings = Pick<Config, 'host' | 'publicUrl' | 'allowedHosts' | 'trustProxy'>;

/** Why a request is refused for its Host header: there are two or it is none, or this server is not known by that name. */
type HostFault =
  | { readonly kind: 'invalid'; readonly header: string }
  | { readonly kind: 'foreign'; readonly header: string; readonly name: string };

/** Checks the host that a request is for. Undefined: it is served. */
export type HostCheck = (request: IncomingMessage) => HostFault | undefined;

/**
 * Admits a request with exactly one valid Host header (RFC 9112, section 3.2; Node.js rejects HTTP/1.1 without one, but of two takes the first)
 * whose name, without port, is loopback's own (`localhost`, `*.localhost` of RFC 6761, 127.0.0.0/8, `[::1]`), the one that the server listens
 * on, that of PUBLIC_URL, or one of ALLOWED_HOSTS. Another name can be one that somebody else has pointed here, so that the pages of that name
 * act as this site (DNS rebinding). With TRUST_PROXY the name in X-Forwarded-Host must be admitted too: never instead, because a page can set it.
 */
export function openHostCheck({ host, publicUrl, allowedHosts, trustProxy }: Settings): HostCheck {
  const served = new Set([
    'localhost',
    '[::1]',
    ...(isEveryAddress(host) ? [] : [isIP(host) === 6 ? `[${host}]` : host.toLowerCase()]),
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]),
    ...allowedHosts,
  ]);
  const isServed = (name: string): boolean => served.has(name) || isLoopback(name) || name.endsWith('.localhost') || served.has('*');
  const faultOf = (header: string, text: string): HostFault | undefined => {
    const name = nameIn(text);
    if (name === undefined) return { kind: 'invalid', header };
    return isServed(name) ? undefined : { kind: 'foreign', header, name };
  };
  return (request) => {
    const { host: own } = request.headers;
    if (countOfHosts(request) > 1) return { kind: 'invalid', header: 'Host' };
    const fault = own === undefined ? undefined : faultOf('Host', own);
    const [forwarded = ''] = trustProxy ? String(request.headers['x-forwarded-host'] ?? '').split(',', 1) : []; // the one that Koa takes
    return fault ?? (forwarded === '' ? undefined : faultOf('X-Forwarded-Host', forwarded.trim()));
  };
}

/** The host without port, lower case, without the final dot of an absolute name; undefined when it is none. */
const nameIn = (text: string): string | undefined => HOST.exec(text)?.[1]?.toLowerCase().replace(/\.$/, '');

function countOfHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') count++;
  return count;
}

/** For monitoring, which uses the address of a container or the name of a service. They show nothing of a person; /metrics has its own rules. */
const FOR_ANY_HOST = new Set(['/healthz', '/readyz', '/metrics']);

/** Refuses a request that the check does not admit, except for monitoring. Errors: `malformed`, `misdirected`. */
export const refuseForeignHost =
  (check: HostCheck): Middleware =>
  (ctx, next) => {
    const fault = check(ctx.req);
    if (fault === undefined || (fault.kind === 'foreign' && FOR_ANY_HOST.has(ctx.path))) return next();
    ctx.set('Connection', 'close'); // a proxy may have routed it by another host than this server reads
    if (fault.kind === 'invalid') throw new DomainError('malformed', `The request must have exactly one valid ${fault.header} header.`);
    throw new DomainError('misdirected', refusalOf(fault), { field: fault.header });
  };

const refusalOf = ({ header, name }: { readonly header: string; readonly name: string }): string =>
  `This server is not set up to be opened as ${name} (header ${header}). ` +
  `If you run it: start it with PUBLIC_URL set to the address that people use, or add the name: ALLOWED_HOSTS=${name}.`;
