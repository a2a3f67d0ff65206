import type { User } from '../../lib/accounts/port.ts';
import type { Group, Membership } from '../../lib/groups/port.ts';
import type { GroupId, UserId } from '../../lib/ids.ts';
import type { Entry, Head } from '../../lib/log/entry.ts';

export type StoredGroup = Omit<Group, 'head'>;

/** The content of a store. */
export type State = {
  readonly users: Map<UserId, User>;
  readonly groups: Map<GroupId, StoredGroup>;
  readonly memberships: Map<string, Membership>;
  /** The order in which members joined: see MembershipStore.ofGroup. */
  readonly came: Map<string, number>;
  readonly logs: Map<GroupId, Map<number, Entry>>;
  readonly keys: Map<string, Entry>;
  readonly hints: Map<GroupId, Head>;
};

/** One deterministic change of the state. */
export type Change = (state: State) => void;

export const emptyState = (): State => ({
  users: new Map(),
  groups: new Map(),
  memberships: new Map(),
  came: new Map(),
  logs: new Map(),
  keys: new Map(),
  hints: new Map(),
});

export const memberKey = (group: GroupId, user: UserId): string => `${group}/${user}`;
export const keyOf = (group: GroupId, author: UserId, key: string): string => JSON.stringify([group, author, key]);
export const entryAt = (state: State, group: GroupId, seq: number): Entry | undefined => state.logs.get(group)?.get(seq);

/** The log of a group, by seq: no entry is ever written before the one it follows. */
export const logOf = (state: State, group: GroupId): Entry[] => [...(state.logs.get(group)?.values() ?? [])];

/** Its last entry. */
export const lastOf = (state: State, group: GroupId): Entry | undefined => entryAt(state, group, state.logs.get(group)?.size ?? 0);

/** Its entries from `from` to `to` that exist. */
export function entriesIn(state: State, group: GroupId, from: number, to: number): Entry[] {
  const [first, last] = [Math.max(1, from), Math.min(to, state.logs.get(group)?.size ?? 0)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => entryAt(state, group, first + index)).filter(
    (one) => one !== undefined,
  );
}

/** Whether an entry's seq or key is taken. */
export const isTaken = (state: State, { group, seq, author, key }: Entry): boolean =>
  entryAt(state, group, seq) !== undefined || (key !== undefined && state.keys.has(keyOf(group, author, key)));

/** Inserts or replaces an entry. */
export const putEntry =
  (entry: Entry): Change =>
  ({ logs, keys }) => {
    logs.set(entry.group, (logs.get(entry.group) ?? new Map()).set(entry.seq, entry));
    if (entry.key !== undefined) keys.set(keyOf(entry.group, entry.author, entry.key), entry);
  };

export const putMembership =
  (membership: Membership): Change =>
  ({ memberships, came }) => {
    const key = memberKey(membership.group, membership.user);
    const present = memberships.get(key);
    if (membership.in && !present?.in) came.set(key, membership.at);
    memberships.set(key, membership);
  };

export const putGroup =
  (group: StoredGroup): Change =>
  ({ groups }) =>
    void groups.set(group.id, group);

export const putUser =
  (user: User): Change =>
  ({ users }) =>
    void users.set(user.id, user);

/** Advances the head hint; never moves it back. */
export const moveHint =
  (group: GroupId, head: Head): Change =>
  ({ hints }) => {
    if (head.seq > (hints.get(group)?.seq ?? 0)) hints.set(group, head);
  };
