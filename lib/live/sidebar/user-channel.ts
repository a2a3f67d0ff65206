import type { Bus } from '../../bus/port.ts';
import type { PersonalEvent } from '../../events.ts';
import { channelOf, type UserId } from '../../ids.ts';

/** Told of an event of a person's own channel. `lost`: some may have been missed, so look; `beat`: a heartbeat, in case one was lost unnoticed. */
type UserEventListener = (event: PersonalEvent | ChannelGap) => void;
type ChannelGap = { readonly type: 'lost' | 'beat' };

/** Who in this process wants to hear when a person's groups, or how they stand to them, may have changed. */
export class UserChannels {
  readonly #bus: Pick<Bus, 'subscribe'>;
  readonly #rings = new Set<UserEventListener>();

  constructor(bus: Pick<Bus, 'subscribe'>) {
    this.#bus = bus;
  }

  /** Rings from the moment the promise resolves: what is read after that is not outdated unnoticed. Resolves to the way to stop. */
  async listen(user: UserId, ring: UserEventListener): Promise<() => void> {
    const stop = await this.#bus.subscribe(channelOf(user), (event) => {
      if (event.type === 'mine' || event.type === 'mark') ring(event);
    });
    this.#rings.add(ring);
    return () => {
      this.#rings.delete(ring);
      stop();
    };
  }

  notifyAll(type: ChannelGap['type']): void {
    for (const ring of [...this.#rings]) ring({ type });
  }
}
