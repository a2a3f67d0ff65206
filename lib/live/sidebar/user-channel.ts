import type { Bus } from '../../bus/port.ts';
import type { PersonalEvent } from '../../events.ts';
import { channelOf, type UserId } from '../../ids.ts';

/** Receives the events of a user's own channel. `lost`: events may have been missed; `heartbeat`: periodic, in case a loss went unnoticed. */
type UserEventListener = (event: PersonalEvent | ChannelGap) => void;
type ChannelGap = { readonly type: 'lost' | 'heartbeat' };

/** The listeners in this process for changes of a user's groups, memberships and read marks. */
export class UserChannels {
  readonly #bus: Pick<Bus, 'subscribe'>;
  readonly #listeners = new Set<UserEventListener>();

  constructor(bus: Pick<Bus, 'subscribe'>) {
    this.#bus = bus;
  }

  /** Calls `listener` from the moment the promise resolves: read the store after that. Resolves to the function that unsubscribes. */
  async listen(user: UserId, listener: UserEventListener): Promise<() => void> {
    const stop = await this.#bus.subscribe(channelOf(user), (event) => {
      if (event.type === 'mine' || event.type === 'mark') listener(event);
    });
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  }

  notifyAll(type: ChannelGap['type']): void {
    for (const listener of [...this.#listeners]) listener({ type });
  }
}
