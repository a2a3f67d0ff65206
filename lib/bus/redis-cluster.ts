import { Cluster } from 'ioredis';
import { CONNECTION, type Link, type LinkEvents, retryDelayMs } from './redis-link.ts';

const RETRY_MS = 500;

/** A Redis Cluster with sharded pub/sub: an event crosses only the shard that its group belongs to. User and password as in the first URL. */
export function openClusterLink(urls: readonly string[], events: LinkEvents): Link {
  // No clusterNodeRetryStrategy: with it, a cluster whose last node is lost stays `disconnecting` for ever (ioredis 6.0.0).
  const cluster = new Cluster([...urls], {
    shardedSubscribers: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    redisOptions: { ...CONNECTION, ...credentials(urls[0]), lazyConnect: false },
  });
  let hearsAll = false;
  let retry: NodeJS.Timeout | undefined;

  /** Forgotten first, since the client would note a channel once more at each renewal; the answer is what says that it is heard. */
  const renew = async (channel: string) => {
    await Promise.all([cluster.sunsubscribe(channel), cluster.ssubscribe(channel)]);
  };
  const hearAll = async () => {
    clearTimeout(retry);
    try {
      await Promise.all(events.channels().map(renew));
      hearsAll = cluster.status === 'ready';
      if (hearsAll) events.ready();
    } catch {
      // The shard's own connection may not be there yet, which is not always announced later.
      if (cluster.status === 'ready') retry = setTimeout(again, RETRY_MS);
    }
  };
  let renewing = Promise.resolve();
  const again = () => {
    renewing = renewing.then(hearAll);
  };
  cluster.on('ready', again);
  // After a change of the cluster the client subscribes again by itself, but does not say when that is done.
  cluster.on('subscribersReady', () => cluster.status === 'ready' && again());
  cluster.on('close', () => {
    hearsAll = false;
    clearTimeout(retry);
  });
  cluster.on('smessage', events.message);
  for (const name of ['error', 'node error', 'nodeError']) cluster.on(name, events.trouble);

  return {
    isReady: () => cluster.status === 'ready' && hearsAll,
    publish: (channel, payload) => attempt(() => cluster.spublish(channel, payload)),
    subscribe: async (channel) => {
      if (cluster.status === 'ready') await attempt(() => cluster.ssubscribe(channel)).catch(again);
    },
    unsubscribe: (channel) => void attempt(() => cluster.sunsubscribe(channel)).catch(() => {}),
    script: (source, key, args) => attempt(() => cluster.eval(source, 1, key, ...args)),
    reconnect: () => cluster.disconnect(true),
    close: async () => {
      clearTimeout(retry);
      await cluster.quit().catch(() => cluster.disconnect());
    },
  };
}

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
