import { type Config, isLoopback } from '../config.ts';
import { sameText } from '../secrets.ts';

/** What identifies a scraper. `address`: the peer of the connection, whatever the headers say. */
export type Scraper = {
  readonly address: string;
  readonly host: string;
  readonly authorization: string;
  /** Whether a header shows that a proxy forwarded the request. */
  readonly isForwarded: boolean;
};

type Settings = Pick<Config, 'metricsToken' | 'trustProxy' | 'publicUrl'>;

/**
 * Metrics show the load and the routes of a server, so only its operator may read them: with METRICS_TOKEN, or without it by a direct request from
 * this machine. Behind a proxy all requests come from this machine, so the token is required.
 */
export function mayScrape(scraper: Scraper, settings: Settings): boolean {
  const [, token] = /^Bearer (\S+)$/i.exec(scraper.authorization) ?? [];
  if (token !== undefined) return settings.metricsToken !== undefined && sameText(token, settings.metricsToken);
  return isDirect(scraper) && !hasProxy(settings);
}

/** The Host must be local too, because another site's name can resolve to this machine (DNS rebinding). */
const isDirect = ({ address, host, isForwarded }: Scraper): boolean => isHere(address) && isHere(hostname(host)) && !isForwarded;

const isHere = (address: string): boolean => isLoopback(address.replace(/^::ffff:/, ''));

const hostname = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

const hasProxy = ({ trustProxy, publicUrl }: Settings): boolean =>
  trustProxy || (publicUrl !== undefined && !isHere(hostname(new URL(publicUrl).host)));
