import type { Logger } from '../logger.ts';
import { openLeases } from './leases.ts';
import { Listeners } from './listeners.ts';
import { openLocalTexts } from './local-texts.ts';
import type { Bus } from './port.ts';

/** The bus within a single process: never down, so it never announces a gap. */
export function openLocalBus(options: { readonly now: () => number; readonly logger?: Pick<Logger, 'error'> }): Bus {
  const listeners = new Listeners(options.logger);
  let open = true;
  return {
    publish: (event) => {
      if (open) listeners.deliver(event);
    },
    subscribe: async (group, listener) => (open ? listeners.add(group, listener) : () => {}),
    onGap: () => () => {},
    isUp: () => open,
    ping: async () => {
      if (!open) throw new Error('the bus is closed');
    },
    presence: openLeases(options.now),
    texts: openLocalTexts(options.now),
    close: async () => {
      open = false;
      listeners.clear();
    },
  };
}
