import type { SignalStore } from '../store/port.ts';
import type { Bus } from './port.ts';
import { decode, encode } from './wire.ts';

/**
 * The bus of processes that share a SQLite file.
 * - `server`: the one that holds the file's lock. Hears what visitors publish; tells its own subscribers only, since a row
 *   for every message would double its writes for the sake of a visitor that is rarely there.
 * - `visitor`: a CLI beside it. What it publishes reaches the server within 200 ms; it hears other visitors, and
 *   of the server's events nothing: to follow a log, read the store.
 */
export type OutboxRole = 'server' | 'visitor';

/** Wraps the bus of this process, which it closes with itself. */
export function openOutboxBus(signals: SignalStore, inner: Bus, role: OutboxRole): Bus {
  const underWay = new Set<Promise<void>>();
  const stopListening = signals.listen((payload) => {
    const event = decode(payload);
    if (event) inner.publish(event);
  });
  const emit = (payload: string) => {
    // An event may be lost; the record it speaks of is already durable.
    const emitting: Promise<void> = signals
      .emit(payload)
      .catch(() => {})
      .finally(() => underWay.delete(emitting));
    underWay.add(emitting);
  };
  return {
    subscribe: (group, listener) => inner.subscribe(group, listener),
    onGap: (callback) => inner.onGap(callback),
    isUp: () => inner.isUp(),
    ping: () => inner.ping(),
    presence: inner.presence,
    publish: (event) => {
      inner.publish(event);
      if (role === 'visitor') emit(encode(event));
    },
    close: async () => {
      stopListening();
      await Promise.all(underWay);
      await inner.close();
    },
  };
}
