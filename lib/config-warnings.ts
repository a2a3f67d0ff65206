import type { Config } from './config.ts';

/** A combination of settings that works, and not as its operator expects. */
type ConfigWarning = { readonly detail: string; readonly mend: string };

/** What to tell the operator of these settings at the start and in `parley doctor`. */
export function configWarnings({ publicUrl, trustProxy }: Pick<Config, 'publicUrl' | 'trustProxy'>): ConfigWarning[] {
  if (trustProxy || !publicUrl?.startsWith('https:')) return [];
  return [
    {
      detail:
        'PUBLIC_URL is https while TRUST_PROXY is off: all visitors count as one address, that of the proxy, so that the failed log-ins of one can lock out all',
      mend: 'Set TRUST_PROXY=on, and let the proxy set X-Forwarded-For and X-Forwarded-Proto.',
    },
  ];
}
