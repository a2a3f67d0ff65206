import type { Config } from './config.ts';

/** A combination of settings that is valid but probably not intended. `mend`: what to change. */
type ConfigWarning = { readonly detail: string; readonly mend: string };

/** Warnings about these settings, shown at start-up and by `parley doctor`. */
export function configWarnings({ publicUrl, trustProxy }: Pick<Config, 'publicUrl' | 'trustProxy'>): ConfigWarning[] {
  if (trustProxy || !publicUrl?.startsWith('https:')) return [];
  return [
    {
      detail:
        'PUBLIC_URL is https and TRUST_PROXY is off: all clients have the address of the proxy, so failed log-ins of one client can block all',
      mend: 'Set TRUST_PROXY=on, and let the proxy set X-Forwarded-For and X-Forwarded-Proto.',
    },
  ];
}
