import type { Lazily } from '../../../lazily.ts';
import type { Store } from '../../port.ts';

type Methods<T> = { readonly [M in keyof T]-?: true };

const METHODS = {
  sessions: { get: true, set: true, destroy: true, listOf: true, destroyOf: true, sweep: true },
  tokens: { insert: true, byHash: true, listOf: true, touch: true, setSecrets: true, expire: true, expired: true, remove: true },
  credentials: { insert: true, byId: true, ofUser: true, use: true, remove: true, removeAll: true },
  removals: { mark: true, marked: true, purge: true, remove: true },
  cursors: { insert: true, use: true, sweep: true },
  saved: { put: true, remove: true, list: true, has: true, count: true },
  follows: { begin: true, set: true, markRead: true, get: true, listOf: true, followers: true, removeOf: true },
  commands: { put: true, remove: true, listOf: true, inGroup: true },
  ephemerals: { insert: true, byId: true, list: true, remove: true, removeOf: true, sweep: true },
  scheduled: {
    ...{ insert: true, byId: true, ofAuthor: true, count: true, ready: true, nextDue: true, update: true, remove: true },
    removeOf: true,
  },
  files: {
    ...{ begin: true, write: true, finish: true, byId: true, claim: true, attach: true, read: true, listUnattached: true },
    ...{ claimForRemoval: true, usage: true, usageIn: true, inGroup: true, largest: true, listOrphans: true, removeContent: true },
    remove: true,
  },
  contentKeys: { get: true, putIfAbsent: true, remove: true },
  webhooks: { byBot: true, put: true, remove: true, any: true, inGroup: true },
  deliveries: {
    ...{ insert: true, byId: true, due: true, nextDue: true, claim: true, recordOutcome: true, reschedule: true, ofBot: true },
    ...{ scrub: true, sweep: true },
  },
  push: {
    ...{ put: true, ofUser: true, ofUsers: true, any: true, inGroup: true, recordSuccess: true, recordFailure: true },
    ...{ remove: true, removeAll: true },
  },
  security: { insert: true, trim: true, list: true, sweep: true },
  search: { positions: true, put: true, find: true },
  addresses: { put: true, ofUser: true, byMac: true, remove: true, setDigest: true, dueDigests: true, moveDigest: true },
  links: { insert: true, byHash: true, take: true, removeOf: true, sweep: true },
  mails: { insert: true, due: true, move: true, remove: true },
  oauthClients: { insert: true, byId: true, listAdded: true, extend: true, remove: true, sweep: true },
  oauthGrants: {
    ...{ insert: true, byId: true, ofUser: true, ofClient: true, advance: true, touch: true, remove: true, sweep: true },
  },
  backup: { snapshot: true, isEmpty: true, putRecords: true, putEntries: true, putHeads: true },
} as const satisfies { readonly [N in keyof Store]?: Methods<Store[N]> };

/** The stores that a server does not need before it listens, and most commands not at all. */
export type SeldomName = keyof typeof METHODS;

type SeldomStores = Pick<Store, SeldomName>;
type Method = (...args: unknown[]) => Promise<unknown>;

/** The same stores, loaded by the first call of a method. Errors: those of loading, and of the method. */
export function lazyStores({ open, opened }: Lazily<SeldomStores>): SeldomStores {
  const methodOf = (stores: SeldomStores, name: SeldomName, method: string): Method =>
    (stores[name] as unknown as Record<string, Method>)[method] as Method;
  const lazyMethod = (name: SeldomName, method: string): Method => {
    let found: Method | undefined;
    return (...args) => {
      const stores = opened();
      if (!stores) return open().then((loaded) => methodOf(loaded, name, method)(...args));
      found ??= methodOf(stores, name, method);
      return found(...args);
    };
  };
  const lazyStore = ([name, methods]: [string, object]) =>
    [name, Object.fromEntries(Object.keys(methods).map((method) => [method, lazyMethod(name as SeldomName, method)]))] as const;
  return Object.fromEntries(Object.entries(METHODS).map(lazyStore)) as unknown as SeldomStores;
}
