import type { SignalStore } from '../store/port.ts';
import type { Bus } from './port.ts';
import { decode, encode } from './wire.ts';

/**
 * The bus of processes that share a SQLite file.
 * - `server`: the process that holds the file's lock. Receives the events of visitors; publishes to its own subscribers only, since a row
 *   for every message would double its writes.
 * - `visitor`: a CLI process. Its events reach the server within 200 ms; it receives those of other visitors, but none of the
 *   server's: to follow a log, read the store.
 */
export type OutboxRole = 'server' | 'visitor';

/** Wraps the bus of this process. Closing it closes `inner`. */
export function openOutboxBus(signals: SignalStore, inner: Bus, role: OutboxRole): Bus {
  const pending = new Set<Promise<void>>();
  const stopListening = signals.listen((payload) => {
    const event = decode(payload);
    if (event) inner.publish(event);
  });
  const emit = (payload: string) => {
    // An event may be lost; the record that it announces is already durable.
    const emitting: Promise<void> = signals
      .emit(payload)
      .catch(() => {})
      .finally(() => pending.delete(emitting));
    pending.add(emitting);
  };
  return {
    subscribe: (group, listener) => inner.subscribe(group, listener),
    onGap: (callback) => inner.onGap(callback),
    isUp: () => inner.isUp(),
    ping: () => inner.ping(),
    presence: inner.presence,
    texts: inner.texts,
    publish: (event) => {
      inner.publish(event);
      if (role === 'visitor') emit(encode(event));
    },
    close: async () => {
      stopListening();
      await Promise.all(pending);
      await inner.close();
    },
  };
}
