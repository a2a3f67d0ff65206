import type { BusEvent } from '../events.ts';
import type { GroupId } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Listener } from './port.ts';

/** The listeners of this process, by group. */
export class Listeners {
  readonly #byGroup = new Map<GroupId, Set<{ readonly listener: Listener }>>();
  readonly #log: Pick<Logger, 'error'> | undefined;

  constructor(log: Pick<Logger, 'error'> | undefined) {
    this.#log = log;
  }

  /** Returns a function that removes it, which may be called twice. */
  add(group: GroupId, listener: Listener): () => void {
    const entry = { listener };
    const entries = this.#byGroup.get(group) ?? new Set();
    this.#byGroup.set(group, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#byGroup.get(group) === entries) this.#byGroup.delete(group);
    };
  }

  has(group: GroupId): boolean {
    return this.#byGroup.has(group);
  }

  groups(): GroupId[] {
    return [...this.#byGroup.keys()];
  }

  /** Calls the group's listeners in a microtask: a publisher neither waits for them nor gets their errors. */
  deliver(event: BusEvent): void {
    queueMicrotask(() => {
      for (const { listener } of [...(this.#byGroup.get(event.group) ?? [])]) this.#call(listener, event);
    });
  }

  clear(): void {
    this.#byGroup.clear();
  }

  #call(listener: Listener, event: BusEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.#log?.error({ err: error, group: event.group, event: event.type }, 'a listener of the bus failed');
    }
  }
}
