import { Redis, type RedisOptions } from 'ioredis';
import { backoffMs } from '../backoff.ts';
import { scriptRunner } from './redis-scripts.ts';

/** What the bus needs of Redis, of one server or a cluster. The hash tag of a channel or key is in braces. */
export type Link = {
  /** Whether it is connected, and subscribed to all `channels`. */
  isReady(): boolean;
  /** Probe channels, one per server: a message published there shows whether pub/sub of that server works. `name` makes their names; `channels` must include them. */
  probeChannels(name: (i: number) => string): string[];
  /** Rejects when it could not be sent, or after 1 s without a response. */
  publish(channel: string, payload: string): Promise<unknown>;
  /** Never rejects: a channel that cannot be subscribed to now is at the next `ready`. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  /** Runs a Lua script on keys with the same hash tag; rejects like `publish`. */
  script(source: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Closes the connections and opens new ones. */
  reconnect(): void;
  /** Resolves when all commands have been answered, or within 1 s. */
  close(): Promise<void>;
};

export type LinkEvents = {
  /** All channels to subscribe to; called at each connection. */
  readonly channels: () => string[];
  readonly message: (channel: string, payload: string) => void;
  /** Every channel is subscribed again. */
  readonly ready: () => void;
  readonly trouble: (error: Error) => void;
};

const RESPONSE_TIMEOUT_MS = 1000;
const CHANNELS_AT_ONCE = 500;

/** How long the client waits before it connects again, after so many failures. */
export const retryDelayMs = (failures: number): number => backoffMs({ firstMs: 25, maxMs: 1000 }, failures);

/** While Redis is down, commands fail at once, and none is sent later. */
export const CONNECTION = {
  connectTimeout: 2000,
  commandTimeout: RESPONSE_TIMEOUT_MS,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} as const satisfies RedisOptions;

/** Connects to one Redis server: one connection for commands, and one for subscriptions, which allows nothing else. */
export function openLink(url: string, events: LinkEvents): Link {
  const options = { ...CONNECTION, enableOfflineQueue: false, retryStrategy: retryDelayMs } satisfies RedisOptions;
  const pub = new Redis(url, options);
  const sub = new Redis(url, options);
  let isSubscribed = false;

  const isReady = () => pub.status === 'ready' && isSubscribed;
  const announceReady = () => {
    if (isReady()) events.ready();
  };
  // Not ioredis's autoResubscribe: it emits `ready` before the channels are subscribed again, and an event in between would be missed.
  const subscribeAll = async () => {
    try {
      const channels = events.channels();
      for (let i = 0; i < channels.length; i += CHANNELS_AT_ONCE) await sub.subscribe(...channels.slice(i, i + CHANNELS_AT_ONCE));
      isSubscribed = sub.status === 'ready';
      announceReady();
    } catch {
      if (sub.status === 'ready') sub.disconnect(true);
    }
  };
  sub.on('ready', () => void subscribeAll());
  pub.on('ready', announceReady);
  sub.on('close', () => {
    isSubscribed = false;
  });
  sub.on('message', events.message);
  for (const redis of [pub, sub]) redis.on('error', events.trouble);

  return {
    isReady,
    probeChannels: (name) => [name(0)],
    publish: (channel, payload) => pub.publish(channel, payload),
    subscribe: async (channel) => {
      if (sub.status !== 'ready') return;
      // Without a response it is unknown whether the channel is subscribed; a new connection resolves that.
      await sub.subscribe(channel).catch(() => sub.status === 'ready' && sub.disconnect(true));
    },
    unsubscribe: (channel) => void sub.unsubscribe(channel).catch(() => {}),
    script: scriptRunner(pub),
    reconnect: () => {
      for (const redis of [pub, sub]) redis.disconnect(true);
    },
    close: async () => {
      sub.disconnect();
      await pub.quit().catch(() => pub.disconnect());
    },
  };
}
