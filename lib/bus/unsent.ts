import type { BusEvent } from '../events.ts';

/** Further groups are not remembered: their streams on other processes catch up at the next heartbeat. */
const MAX_REMEMBERED = 10_000;

/** Events that could not be published, to send when the connection is up again. At most one per group and type, and none that carries entries. */
export class Unsent {
  readonly #events = new Map<string, BusEvent>();

  add(event: BusEvent): void {
    const late = lateEvent(event);
    if (!late) return;
    const key = `${late.type} ${late.group}`;
    const before = this.#events.get(key);
    if (!before && this.#events.size >= MAX_REMEMBERED) return;
    if (before?.type === 'head' && late.type === 'head' && before.seq > late.seq) return;
    this.#events.set(key, late);
  }

  /** Removes and returns them all. */
  take(): BusEvent[] {
    const events = [...this.#events.values()];
    this.#events.clear();
    return events;
  }
}

/** The event to send later in its place; undefined when there is none. */
function lateEvent(event: BusEvent): BusEvent | undefined {
  const { group } = event;
  switch (event.type) {
    case 'entries':
      return { type: 'head', group, seq: event.entries.at(-1)?.seq ?? 0 };
    case 'mark':
      return { type: 'mine', group };
    case 'head':
    case 'presence':
    case 'mine':
    case 'scheduled':
      return event;
    case 'profile': // of many profiles one would be kept; the others empty their caches when the connection is up again
    case 'typing':
    case 'draft':
    case 'ephemeral':
      return undefined;
    default:
      return event satisfies never;
  }
}
