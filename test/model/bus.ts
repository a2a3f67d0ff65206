import { openLeases } from '../../lib/bus/leases.ts';
import { Listeners } from '../../lib/bus/listeners.ts';
import { openLocalTexts } from '../../lib/bus/local-texts.ts';
import type { Bus, Presence, SharedTexts } from '../../lib/bus/port.ts';
import type { BusEvent } from '../../lib/events.ts';
import type { Weathered } from './disk.ts';

/** Time-out of a ping, ms. */
const PING_MS = 1000;

/** The bus as one process sees it. */
export type BusEnd = {
  readonly bus: Bus;
  /** `down`: the process knows of it; `frozen`: only a ping without an answer shows it. */
  fail(how: 'down' | 'frozen'): void;
  /** The bus works again; events lost meanwhile stay lost. */
  heal(): void;
};

type Ear = { readonly name: string; readonly hear: (event: BusEvent) => void };

/**
 * A bus between the processes of one run. Each delivery is a step of its own, so that events overtake each other; some are lost and some
 * arrive twice, as the weather is.
 */
export class BusNet {
  readonly #world: Weathered;
  readonly #ears = new Set<Ear>();
  readonly #presence: Presence;
  readonly #texts: SharedTexts;

  constructor(world: Weathered, now: () => number) {
    this.#world = world;
    this.#presence = openLeases(now);
    this.#texts = openLocalTexts(now);
  }

  join(name: string): BusEnd {
    const world = this.#world;
    const listeners = new Listeners({ error: (_, message) => world.note(`${name}: ${message}`) });
    const gaps = new Set<() => void>();
    let state: 'up' | 'down' | 'frozen' | 'closed' = 'up';
    const ear: Ear = { name, hear: (event) => void (state === 'up' && listeners.deliver(event)) };
    this.#ears.add(ear);
    const bus: Bus = {
      publish: (event) => void (state === 'up' && this.#publish(event)),
      subscribe: async (group, listener) => {
        await world.step(`${name} subscribes`);
        return state === 'closed' ? () => {} : listeners.add(group, listener);
      },
      onGap: (callback) => {
        gaps.add(callback);
        return () => void gaps.delete(callback);
      },
      isUp: () => state === 'up' || state === 'frozen',
      ping: async () => {
        await world.step(`${name} pings`);
        if (state === 'frozen') await world.time.after(PING_MS);
        if (state !== 'up') throw new Error('the bus does not answer');
      },
      presence: this.#presence,
      texts: this.#texts,
      close: async () => {
        state = 'closed';
        listeners.clear();
        this.#ears.delete(ear);
      },
    };
    const fail = (how: 'down' | 'frozen'): void => {
      if (state !== 'closed') state = how;
    };
    const heal = (): void => {
      if (state !== 'down' && state !== 'frozen') return;
      state = 'up';
      for (const callback of gaps) callback();
    };
    return { bus, fail, heal };
  }

  #publish(event: BusEvent): void {
    for (const ear of this.#ears) {
      if (this.#world.tape.chance(`event lost to ${ear.name}`, this.#world.weather.lostEvents)) continue;
      void this.#deliver(ear, event);
      if (this.#world.tape.chance(`event twice to ${ear.name}`, this.#world.weather.lostEvents)) void this.#deliver(ear, event);
    }
  }

  async #deliver(ear: Ear, event: BusEvent): Promise<void> {
    await this.#world.step(`${ear.name} ← ${said(event)}`);
    ear.hear(event);
  }
}

const said = (event: BusEvent): string => {
  if (event.type !== 'entries' && event.type !== 'head') return event.type;
  return event.type === 'head' ? `head ${event.seq}` : `entries ${event.entries[0]?.seq}–${event.entries.at(-1)?.seq}`;
};
