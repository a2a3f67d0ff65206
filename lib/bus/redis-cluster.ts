import calculateSlot from 'cluster-key-slot';
import { Cluster } from 'ioredis';
import { CONNECTION, type Link, type LinkEvents, retryDelayMs } from './redis-link.ts';
import { scriptRunner } from './redis-scripts.ts';
import { nameForEach } from './redis-slots.ts';

const RETRY_MS = 500;

/** Connects to a Redis Cluster with sharded pub/sub: an event goes only through the shard of its group. The first URL's credentials are used for all nodes. */
export function openClusterLink(urls: readonly string[], events: LinkEvents): Link {
  // No clusterNodeRetryStrategy: with it, a cluster whose last node is lost stays `disconnecting` for ever (ioredis 6.0.0).
  const cluster = new Cluster([...urls], {
    shardedSubscribers: true,
    enableOfflineQueue: false,
    enableReadyCheck: false, // a cluster that has lost some slots reports itself as failed; the other slots still work
    clusterRetryStrategy: retryDelayMs,
    redisOptions: { ...CONNECTION, ...credentials(urls[0]), lazyConnect: false },
  });
  const subscriptions = new Subscriptions(cluster, events);
  const run = scriptRunner(cluster);
  cluster.on('smessage', events.message);
  for (const name of ['error', 'node error', 'nodeError']) cluster.on(name, events.trouble);

  return {
    isReady: () => subscriptions.isAll,
    probeChannels: (name) => nameForEach(mastersOf(cluster), (slot) => cluster.slots[slot]?.[0], name),
    publish: (channel, payload) => attempt(() => cluster.spublish(channel, payload)),
    subscribe: (channel) => subscriptions.add(channel),
    unsubscribe: (channel) => subscriptions.remove(channel),
    script: (source, keys, args) => attempt(() => run(source, keys, args)),
    reconnect: () => cluster.disconnect(true),
    close: async () => {
      subscriptions.close();
      await cluster.quit().catch(() => cluster.disconnect());
    },
  };
}

/**
 * The subscribed channels, each on the connection to the node that serves its slot. When a node is lost or a slot moves, the affected
 * channels are subscribed again, until all are.
 */
class Subscriptions {
  readonly #cluster: Cluster;
  readonly #events: LinkEvents;
  /** Channel → the connection on which it is subscribed. */
  readonly #subscribed = new Map<string, string>();
  /** Node → the number of lost connections to it. */
  readonly #lost = new Map<string, number>();
  #isAll = false;
  #retry: NodeJS.Timeout | undefined;
  #renewing = Promise.resolve();

  constructor(cluster: Cluster, events: LinkEvents) {
    this.#cluster = cluster;
    this.#events = events;
    cluster.on('ready', () => this.#resubscribe());
    // After a change of the cluster the client resubscribes by itself, but does not report when that is done. A change that is reverted
    // before the client refreshes its slots goes unnoticed here; the heartbeat's comparison with the store finds the missed entries.
    cluster.on('subscribersReady', () => this.#resubscribe());
    cluster.on('-node', (_: unknown, node?: string) => node !== undefined && this.#onNodeLost(node));
    cluster.on('close', () => {
      this.#isAll = false;
      this.#subscribed.clear();
      clearTimeout(this.#retry);
    });
  }

  get isAll(): boolean {
    return this.#cluster.status === 'ready' && this.#isAll;
  }

  async add(channel: string): Promise<void> {
    if (this.#cluster.status !== 'ready') return;
    await this.#renew(channel).catch(() => this.#resubscribe());
  }

  remove(channel: string): void {
    this.#subscribed.delete(channel);
    void attempt(() => this.#cluster.sunsubscribe(channel)).catch(() => {});
  }

  close(): void {
    clearTimeout(this.#retry);
  }

  #onNodeLost(node: string): void {
    this.#lost.set(node, (this.#lost.get(node) ?? 0) + 1);
    this.#isAll = false;
    this.#resubscribe();
  }

  #resubscribe(): void {
    this.#renewing = this.#renewing.then(() => this.#subscribeAll());
  }

  /** The connection on which a channel should be subscribed; undefined while no node serves its slot. */
  #connectionOf(channel: string): string | undefined {
    const node = this.#cluster.slots[calculateSlot(channel)]?.[0];
    return node === undefined ? undefined : `${node} ${this.#lost.get(node) ?? 0}`;
  }

  #missing(): string[] {
    return this.#events.channels().filter((channel) => {
      const by = this.#connectionOf(channel);
      return by === undefined || this.#subscribed.get(channel) !== by;
    });
  }

  async #subscribeAll(): Promise<void> {
    clearTimeout(this.#retry);
    if (this.#cluster.status !== 'ready') return;
    const missing = Map.groupBy(this.#missing(), (channel) => this.#connectionOf(channel));
    await Promise.all([...missing.values()].map((channels) => this.#renewThrough(channels)));
    this.#isAll = this.#missing().length === 0;
    if (this.isAll) this.#events.ready();
    else if (this.#cluster.status === 'ready') this.#retry = setTimeout(() => this.#resubscribe(), RETRY_MS); // recovery is not always announced
  }

  /** Subscribes the channels of one connection: if the first fails, the others would fail too. */
  async #renewThrough([first = '', ...others]: readonly string[]): Promise<void> {
    try {
      await this.#renew(first);
      await Promise.all(others.map((channel) => this.#renew(channel)));
    } catch {
      // they stay missing
    }
  }

  /** Unsubscribes first, since the client would otherwise record the channel once more at each renewal. The response confirms the subscription. */
  async #renew(channel: string): Promise<void> {
    const by = this.#connectionOf(channel);
    await Promise.all([attempt(() => this.#cluster.sunsubscribe(channel)), attempt(() => this.#cluster.ssubscribe(channel))]);
    if (by !== undefined && by === this.#connectionOf(channel)) this.#subscribed.set(channel, by);
  }
}

const mastersOf = (cluster: Cluster): Set<string> => new Set(cluster.slots.flatMap((nodes) => nodes?.[0] ?? []));

/** Before the client knows the shards, some of its commands throw instead of rejecting. */
const attempt = async <T>(command: () => Promise<T>): Promise<T> => command();

function credentials(first = ''): { username?: string; password?: string; tls?: Record<string, never> } {
  const url = new URL(first);
  return {
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}
