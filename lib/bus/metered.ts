import type { Meters } from '../metrics/meters.ts';
import type { Bus } from './port.ts';

/** Counts the events of `inner`. Closing it closes `inner`. */
export function meteredBus(inner: Bus, meters: Pick<Meters, 'busPublished' | 'busReceived'>): Bus {
  return {
    publish: (event) => {
      meters.busPublished += 1;
      inner.publish(event);
    },
    subscribe: (group, listener) =>
      inner.subscribe(group, (event) => {
        meters.busReceived += 1;
        listener(event);
      }),
    onGap: (callback) => inner.onGap(callback),
    isUp: () => inner.isUp(),
    ping: () => inner.ping(),
    presence: inner.presence,
    limits: inner.limits,
    texts: inner.texts,
    close: () => inner.close(),
  };
}
