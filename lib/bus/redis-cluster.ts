import { Cluster } from 'ioredis';
import { CONNECTION, type Link, type LinkEvents, retryDelayMs } from './redis-link.ts';
import { nameForEach, slotOf } from './redis-slots.ts';

const RETRY_MS = 500;

/** A Redis Cluster with sharded pub/sub: an event crosses only the shard that its group belongs to. User and password as in the first URL. */
export function openClusterLink(urls: readonly string[], events: LinkEvents): Link {
  // No clusterNodeRetryStrategy: with it, a cluster whose last node is lost stays `disconnecting` for ever (ioredis 6.0.0).
  const cluster = new Cluster([...urls], {
    shardedSubscribers: true,
    enableOfflineQueue: false,
    enableReadyCheck: false, // a cluster that has lost some slots calls itself failed; the others still ring
    clusterRetryStrategy: retryDelayMs,
    redisOptions: { ...CONNECTION, ...credentials(urls[0]), lazyConnect: false },
  });
  const heard = new HeardChannels(cluster, events);
  cluster.on('smessage', events.message);
  for (const name of ['error', 'node error', 'nodeError']) cluster.on(name, events.trouble);

  return {
    isReady: () => heard.isAll,
    probeChannels: (name) => nameForEach(mastersOf(cluster), (slot) => cluster.slots[slot]?.[0], name),
    publish: (channel, payload) => attempt(() => cluster.spublish(channel, payload)),
    subscribe: (channel) => heard.add(channel),
    unsubscribe: (channel) => heard.remove(channel),
    script: (source, key, args) => attempt(() => cluster.eval(source, 1, key, ...args)),
    reconnect: () => cluster.disconnect(true),
    close: async () => {
      heard.close();
      await cluster.quit().catch(() => cluster.disconnect());
    },
  };
}

/**
 * Which channels are heard, each by the connection to the node that serves its slot. A node that is lost, and a slot that moves, take
 * theirs along: only those are subscribed to again, until they are heard.
 */
class HeardChannels {
  readonly #cluster: Cluster;
  readonly #events: LinkEvents;
  /** Channel → the connection by which it is heard. */
  readonly #heard = new Map<string, string>();
  /** Node → how many connections to it were lost. */
  readonly #lost = new Map<string, number>();
  #isAll = false;
  #retry: NodeJS.Timeout | undefined;
  #renewing = Promise.resolve();

  constructor(cluster: Cluster, events: LinkEvents) {
    this.#cluster = cluster;
    this.#events = events;
    cluster.on('ready', () => this.#again());
    // After a change of the cluster the client subscribes again by itself, but does not say when that is done. One that goes to and fro
    // before the client looks is not noticed by it, nor here: the heartbeat's look at the store finds what was missed.
    cluster.on('subscribersReady', () => this.#again());
    cluster.on('-node', (_: unknown, node?: string) => node !== undefined && this.#lose(node));
    cluster.on('close', () => {
      this.#isAll = false;
      this.#heard.clear();
      clearTimeout(this.#retry);
    });
  }

  get isAll(): boolean {
    return this.#cluster.status === 'ready' && this.#isAll;
  }

  async add(channel: string): Promise<void> {
    if (this.#cluster.status !== 'ready') return;
    await this.#renew(channel).catch(() => this.#again());
  }

  remove(channel: string): void {
    this.#heard.delete(channel);
    void attempt(() => this.#cluster.sunsubscribe(channel)).catch(() => {});
  }

  close(): void {
    clearTimeout(this.#retry);
  }

  #lose(node: string): void {
    this.#lost.set(node, (this.#lost.get(node) ?? 0) + 1);
    this.#isAll = false;
    this.#again();
  }

  #again(): void {
    this.#renewing = this.#renewing.then(() => this.#hearAll());
  }

  /** The connection that a channel should be heard by; undefined while no node serves its slot. */
  #connectionOf(channel: string): string | undefined {
    const node = this.#cluster.slots[slotOf(channel)]?.[0];
    return node === undefined ? undefined : `${node} ${this.#lost.get(node) ?? 0}`;
  }

  #missing(): string[] {
    return this.#events.channels().filter((channel) => {
      const by = this.#connectionOf(channel);
      return by === undefined || this.#heard.get(channel) !== by;
    });
  }

  async #hearAll(): Promise<void> {
    clearTimeout(this.#retry);
    if (this.#cluster.status !== 'ready') return;
    const missing = Map.groupBy(this.#missing(), (channel) => this.#connectionOf(channel));
    await Promise.all([...missing.values()].map((channels) => this.#renewThrough(channels)));
    this.#isAll = this.#missing().length === 0;
    if (this.isAll) this.#events.ready();
    else if (this.#cluster.status === 'ready') this.#retry = setTimeout(() => this.#again(), RETRY_MS); // what heals is not always announced
  }

  /** Channels of one connection: where the first cannot be had, neither can the others. */
  async #renewThrough([first = '', ...others]: readonly string[]): Promise<void> {
    try {
      await this.#renew(first);
      await Promise.all(others.map((channel) => this.#renew(channel)));
    } catch {
      // they stay missing
    }
  }

  /** Forgotten first, since the client would note a channel once more at each renewal; the answer is what says that it is heard. */
  async #renew(channel: string): Promise<void> {
    const by = this.#connectionOf(channel);
    await Promise.all([attempt(() => this.#cluster.sunsubscribe(channel)), attempt(() => this.#cluster.ssubscribe(channel))]);
    if (by !== undefined && by === this.#connectionOf(channel)) this.#heard.set(channel, by);
  }
}

const mastersOf = (cluster: Cluster): Set<string> => new Set(cluster.slots.flatMap((nodes) => nodes?.[0] ?? []));

/** As long as the client does not know the shards, some of its commands throw instead of rejecting. */
const attempt = async <T>(command: () => Promise<T>): Promise<T> => command();

function credentials(first = ''): { username?: string; password?: string; tls?: Record<string, never> } {
  const url = new URL(first);
  return {
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}
