import type { SessionStore, TokenStore, UserStore } from '../accounts/port.ts';
import type { Group, GroupStore, MembershipStore } from '../groups/port.ts';
import type { GroupId } from '../ids.ts';
import type { PushStore } from '../push/port.ts';
import type { WebhookStore } from '../webhooks/outgoing/port.ts';
import type { Store } from './port.ts';
import { MAX_KEPT, QueryCache } from './query-cache.ts';

/** The lookups that nearly every request begins with: the user, and their access to a group. */
export type Lookups = {
  readonly users: Pick<UserStore, 'byId'>;
  readonly sessions: Pick<SessionStore, 'get'>;
  readonly tokens: Pick<TokenStore, 'byHash'>;
  readonly groups: Pick<GroupStore, 'byId' | 'bySlug'>;
  readonly memberships: Pick<MembershipStore, 'get'>;
  readonly webhooks: Pick<WebhookStore, 'inGroup'>;
  readonly push: Pick<PushStore, 'inGroup'>;
};

/**
 * Cached lookups, at most 1 s old. What this process writes is seen at once; what others
 * write is seen at once where the store can tell (SQLite), otherwise within that second, or sooner by `invalidate`.
 * Only positive answers are cached: a refusal is looked up again. Use it only where a later check catches what is stale:
 * the log, which has every change of rights in its order, or a stream, which is closed by it.
 */
export type LookupCache = Lookups & {
  invalidate(): void;
  /** Lookups that see everything committed before this call. */
  fresh(): Lookups;
  /** Identifies the present content of the cache: taken before a lookup, it tells later whether the result is still valid (`isCurrent`). */
  stamp(): number;
  /**
   * Whether results since `stamp` are still valid at a moment after this call; also false where only another lookup could tell.
   * All callers in one turn of the event loop share one check of the store.
   */
  isCurrent(stamp: number): Promise<boolean>;
};

/** A store whose writes invalidate the cache, and the cache over it. */
export function withLookupCache(store: Store): { readonly store: Store; readonly lookupCache: LookupCache } {
  const memory = new QueryCache(store.signals?.changed);
  const noted = noting(store, () => memory.forget());
  const lookupCache: LookupCache = {
    ...lookupsThrough(memory, noted),
    invalidate: () => memory.forget(),
    fresh: () => (memory.refresh() ? lookupCache : noted),
    stamp: () => memory.stamp,
    isCurrent: (stamp) => memory.afterThisTurn().then(() => memory.stands(stamp)),
  };
  return { store: noted, lookupCache };
}

const always = (): boolean => true;

/**
 * Counts the reads of each group. A membership is cached under that count, so it is never used with a head that was read after it:
 * a caller that reads the group first and then the membership knows at least the log up to that head, which the writer relies on.
 */
class Reads {
  readonly #memory: QueryCache;
  readonly #counts = new Map<GroupId, number>();
  #last = 0;

  constructor(memory: QueryCache) {
    this.#memory = memory;
  }

  of(group: GroupId): number {
    return this.#counts.get(group) ?? 0;
  }

  async noted(reading: Promise<Group | undefined>): Promise<Group | undefined> {
    const group = await reading;
    if (!group) return group;
    if (this.#counts.size >= MAX_KEPT) {
      this.#counts.clear();
      this.#memory.forget();
    }
    this.#last += 1;
    this.#counts.set(group.id, this.#last);
    return group;
  }
}

function lookupsThrough(memory: QueryCache, store: Store): Lookups {
  const reads = new Reads(memory);
  return {
    users: {
      byId: (id) =>
        memory.recall(
          `u${id}`,
          () => store.users.byId(id),
          (user) => !user.disabled,
        ),
    },
    sessions: {
      async get(hash, now) {
        const session = await memory.recall(`s${hash}`, () => store.sessions.get(hash, now), always);
        return session && session.expiresAt > now ? session : undefined;
      },
    },
    tokens: { byHash: (hash) => memory.recall(`t${hash}`, () => store.tokens.byHash(hash), always) },
    groups: {
      byId: (id) => memory.recall(`g${id}`, () => reads.noted(store.groups.byId(id)), always),
      bySlug: (slug) => memory.recall(`n${slug}`, () => reads.noted(store.groups.bySlug(slug)), always),
    },
    memberships: {
      get: (group, user) =>
        memory.recall(
          `m${group}${reads.of(group)}/${user}`,
          () => store.memberships.get(group, user),
          (one) => one.in,
        ),
    },
    webhooks: { inGroup: callersThrough(memory, store) },
    push: { inGroup: reachableThrough(memory, store) },
  };
}

/** Called for every message. Where no bot has a webhook, one lookup per second answers for all groups; the negative answer is cached too. */
const callersThrough =
  (memory: QueryCache, { webhooks }: Store): Lookups['webhooks']['inGroup'] =>
  async (group) => {
    if (!(await memory.recall('webhooks', () => webhooks.any(), always))) return [];
    return (await memory.recall(`w${group}`, () => webhooks.inGroup(group), always)) ?? [];
  };

/** The same for devices with push subscriptions. */
const reachableThrough =
  (memory: QueryCache, { push }: Store): Lookups['push']['inGroup'] =>
  async (group) => {
    if (!(await memory.recall('devices', () => push.any(), always))) return [];
    return (await memory.recall(`d${group}`, () => push.inGroup(group), always)) ?? [];
  };

/** The same store; it calls `noted` after each write that changes a cached lookup. */
function noting(store: Store, noted: () => void): Store {
  const after =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      write(...args).finally(noted);
  const { users, sessions, tokens, groups, removals, memberships, webhooks, push } = store;
  return {
    ...store,
    webhooks: { ...webhooks, put: after(webhooks.put), remove: after(webhooks.remove) },
    push: { ...push, put: after(push.put), remove: after(push.remove), removeAll: after(push.removeAll) },
    users: { ...users, update: after(users.update), stepDown: after(users.stepDown) },
    sessions: { ...sessions, set: after(sessions.set), destroy: after(sessions.destroy), destroyOf: after(sessions.destroyOf) },
    tokens: { ...tokens, touch: after(tokens.touch), setSecrets: after(tokens.setSecrets), remove: after(tokens.remove) },
    groups: { ...groups, update: after(groups.update), takeUse: after(groups.takeUse), returnUse: after(groups.returnUse) },
    removals: { ...removals, mark: after(removals.mark) },
    memberships: { ...memberships, put: after(memberships.put), setPreferences: after(memberships.setPreferences) },
  };
}
