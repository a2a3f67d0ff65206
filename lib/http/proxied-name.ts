import type { Context } from 'koa';
import type { Config } from '../config.ts';
import { forbidden } from '../errors.ts';
import { t } from '../language/text.ts';
import { isInNetworks } from '../network.ts';

type Settings = Pick<Config, 'authProxyHeader' | 'authProxyFrom'>;

/**
 * The name of the person whom a proxy in front has logged in (AUTH_PROXY_HEADER); undefined without such a header. It counts only on a connection
 * from AUTH_PROXY_FROM, whatever X-Forwarded-For says. Errors: `forbidden` for a header from elsewhere, and for one that is there twice.
 */
export function proxiedName(ctx: Context, { authProxyHeader: header, authProxyFrom }: Settings): string | undefined {
  const given = header === undefined ? undefined : ctx.req.headersDistinct[header.toLowerCase()];
  if (given === undefined) return undefined;
  if (!isInNetworks(ctx.req.socket.remoteAddress, authProxyFrom))
    throw forbidden(t`Only the proxy that logs people in may send the header ${header ?? ''}. Its address must be in AUTH_PROXY_FROM.`);
  if (given.length > 1)
    throw forbidden(t`The header ${header ?? ''} is there more than once: the proxy must replace one that the client has sent.`);
  return decoded(given[0] ?? '').trim() || undefined;
}

/** Node.js reads headers as Latin-1; proxies send UTF-8. */
function decoded(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? header : text;
}
