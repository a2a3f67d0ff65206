import { type Config, isEveryAddress } from './config.ts';

/** A combination of settings that is valid but probably not intended. `mend`: what to change. */
type ConfigWarning = { readonly detail: string; readonly mend: string };

type Settings = Pick<Config, 'host' | 'listen' | 'publicUrl' | 'trustProxy' | 'allowedHosts'>;

const PROXY_NOT_TRUSTED: ConfigWarning = {
  detail:
    'PUBLIC_URL is https and TRUST_PROXY is off: all clients have the address of the proxy, so failed log-ins of one client can block all',
  mend: 'Set TRUST_PROXY=on, and let the proxy set X-Forwarded-For and X-Forwarded-Proto.',
};

const SOCKET_WITHOUT_PROXY: ConfigWarning = {
  detail: 'LISTEN is a Unix socket and TRUST_PROXY is off: all clients count as one address, so failed log-ins of one client can block all',
  mend: PROXY_NOT_TRUSTED.mend,
};

const ANY_HOST: ConfigWarning = {
  detail: 'ALLOWED_HOSTS is *: a deps page of another site can reach this server under its own name (DNS rebinding)',
  mend: 'Set ALLOWED_HOSTS to the names that people open this server by, or PUBLIC_URL alone.',
};

const NO_HOST: ConfigWarning = {
  detail: 'HOST is every address, without PUBLIC_URL and ALLOWED_HOSTS: browsers of other machines are refused (421)',
  mend: 'Set PUBLIC_URL to the address that people use, or ALLOWED_HOSTS to its host name or address.',
};

/** Warnings about these settings, shown at start-up and by `parley doctor`. */
export function configWarnings({ host, listen, publicUrl, trustProxy, allowedHosts }: Settings): ConfigWarning[] {
  const isReachable = publicUrl !== undefined || allowedHosts.length > 0 || listen !== undefined || !isEveryAddress(host);
  return [
    ...(trustProxy ? [] : listen !== undefined ? [SOCKET_WITHOUT_PROXY] : publicUrl?.startsWith('https:') ? [PROXY_NOT_TRUSTED] : []),
    ...(allowedHosts.includes('*') ? [ANY_HOST] : []),
    ...(isReachable ? [] : [NO_HOST]),
  ];
}
