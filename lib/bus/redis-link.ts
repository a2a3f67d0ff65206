import { Redis, type RedisOptions } from 'ioredis';
import { backoffMs } from '../backoff.ts';

/** What the bus needs of Redis, be it one server or a cluster. A channel's and a key's hash tag is in braces. */
export type Link = {
  /** Connected, and subscribed to all that `channels` names. */
  isReady(): boolean;
  /** Channels that tell, each by what is published there, whether one of the servers hears; names as `name` makes them, `channels` to include them. */
  probeChannels(name: (i: number) => string): string[];
  /** Rejects when it could not be sent, or no answer came within a second. */
  publish(channel: string, payload: string): Promise<unknown>;
  /** Never rejects: what cannot be had now is subscribed to at the next `ready`. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  /** Runs a script on one key; rejects as `publish`. */
  script(source: string, key: string, args: readonly (string | number)[]): Promise<unknown>;
  /** Drops the connections and makes new ones. */
  reconnect(): void;
  /** Resolves when all that was sent has been answered, or within a second. */
  close(): Promise<void>;
};

export type LinkEvents = {
  /** All channels that should be heard, asked at each connection. */
  readonly channels: () => string[];
  readonly message: (channel: string, payload: string) => void;
  /** Every channel is heard again from here on. */
  readonly ready: () => void;
  readonly trouble: (error: Error) => void;
};

const ANSWER_WITHIN_MS = 1000;
const CHANNELS_AT_ONCE = 500;

/** How long the client waits before it connects again, after so many failures. */
export const retryDelayMs = (failures: number): number => backoffMs({ firstMs: 25, maxMs: 1000 }, failures);

/** While Redis is away, commands fail at once instead of waiting, and none is sent again later. */
export const CONNECTION = {
  connectTimeout: 2000,
  commandTimeout: ANSWER_WITHIN_MS,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} as const satisfies RedisOptions;

/** One Redis server: a connection to publish, and one to listen, which can do nothing else. */
export function openLink(url: string, events: LinkEvents): Link {
  const options = { ...CONNECTION, enableOfflineQueue: false, retryStrategy: retryDelayMs } satisfies RedisOptions;
  const pub = new Redis(url, options);
  const sub = new Redis(url, options);
  let hearsAll = false;

  const isReady = () => pub.status === 'ready' && hearsAll;
  const sayReady = () => {
    if (isReady()) events.ready();
  };
  // Not left to the client's own re-subscription: it says `ready` before the channels are heard again, and an event in between would be missed.
  const hearAll = async () => {
    try {
      const channels = events.channels();
      for (let i = 0; i < channels.length; i += CHANNELS_AT_ONCE) await sub.subscribe(...channels.slice(i, i + CHANNELS_AT_ONCE));
      hearsAll = sub.status === 'ready';
      sayReady();
    } catch {
      if (sub.status === 'ready') sub.disconnect(true);
    }
  };
  sub.on('ready', () => void hearAll());
  pub.on('ready', sayReady);
  sub.on('close', () => {
    hearsAll = false;
  });
  sub.on('message', events.message);
  for (const redis of [pub, sub]) redis.on('error', events.trouble);

  return {
    isReady,
    probeChannels: (name) => [name(0)],
    publish: (channel, payload) => pub.publish(channel, payload),
    subscribe: async (channel) => {
      if (sub.status !== 'ready') return;
      // No answer leaves it open from when on the channel is heard; a new connection settles that.
      await sub.subscribe(channel).catch(() => sub.status === 'ready' && sub.disconnect(true));
    },
    unsubscribe: (channel) => void sub.unsubscribe(channel).catch(() => {}),
    script: (source, key, args) => pub.eval(source, 1, key, ...args),
    reconnect: () => {
      for (const redis of [pub, sub]) redis.disconnect(true);
    },
    close: async () => {
      sub.disconnect();
      await pub.quit().catch(() => pub.disconnect());
    },
  };
}
