import { type Config, isLoopback } from '../config.ts';
import { sameText } from '../secrets.ts';

/** What there is to tell a scraper by. `address`: the other end of the connection, whatever headers say. */
export type Scraper = {
  readonly address: string;
  readonly host: string;
  readonly authorization: string;
  /** Whether any header says that somebody passed this request on. */
  readonly isForwarded: boolean;
};

type Settings = Pick<Config, 'metricsToken' | 'trustProxy' | 'publicUrl'>;

/**
 * The numbers tell how busy a site is and what its routes are: they are for its operator. Whoever presents METRICS_TOKEN may read them, and
 * without it a program on this machine that asks directly. Where a proxy is in use all the world comes from this machine, so there it needs the token.
 */
export function mayScrape(scraper: Scraper, settings: Settings): boolean {
  const [, token] = /^Bearer (\S+)$/i.exec(scraper.authorization) ?? [];
  if (token !== undefined) return settings.metricsToken !== undefined && sameText(token, settings.metricsToken);
  return isDirect(scraper) && !hasProxy(settings);
}

/** The name that was asked for must be this machine's too: a page elsewhere can point a name of its own here (DNS rebinding). */
const isDirect = ({ address, host, isForwarded }: Scraper): boolean => isHere(address) && isHere(hostname(host)) && !isForwarded;

const isHere = (address: string): boolean => isLoopback(address.replace(/^::ffff:/, ''));

const hostname = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

const hasProxy = ({ trustProxy, publicUrl }: Settings): boolean =>
  trustProxy || (publicUrl !== undefined && !isHere(hostname(new URL(publicUrl).host)));
