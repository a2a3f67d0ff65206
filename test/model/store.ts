import type { User, UserStore } from '../../lib/accounts/port.ts';
import type { Group, GroupStore, Membership, MembershipStore } from '../../lib/groups/port.ts';
import type { GroupId, UserId } from '../../lib/ids.ts';
import { EMPTY_HEAD } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import { type Disk, hintOf, type Weathered } from './disk.ts';
import { Line } from './line.ts';
import { logStore } from './log.ts';
import { memberKey, putGroup, putMembership, putUser, type State, type StoredGroup } from './state.ts';

/** The store of one process on a shared disk. `cut`: the process has died and gets no more responses. */
export type ModelStore = { readonly store: Store; cut(): void };

/** With several disks (the shards of a cluster) each log is on `diskOf(group)` and everything else on the first. */
export function openModelStore(
  world: Weathered,
  name: string,
  disks: readonly [Disk, ...Disk[]],
  diskOf: (group: GroupId) => Disk,
): ModelStore {
  const lines = new Map(disks.map((disk) => [disk, new Line(world, disk, name)] as const));
  const lineTo = (disk: Disk): Line => lines.get(disk) ?? new Line(world, disk, name);
  const first = lineTo(disks[0]);
  const store: Store = {
    kind: 'mongo',
    settings: notModelled('settings'),
    sessions: notModelled('sessions'),
    tokens: notModelled('tokens'),
    files: notModelled('files'),
    cursors: notModelled('cursors'),
    saved: notModelled('saved'),
    commands: notModelled('commands'),
    ephemerals: notModelled('ephemerals'),
    follows: notModelled('follows'),
    scheduled: notModelled('scheduled'),
    removals: notModelled('removals'),
    webhooks: notModelled('webhooks'),
    deliveries: notModelled('deliveries'),
    search: notModelled('search'),
    push: notModelled('push'),
    security: notModelled('security'),
    credentials: notModelled('credentials'),
    addresses: notModelled('addresses'),
    links: notModelled('links'),
    mails: notModelled('mails'),
    oauthClients: notModelled('oauthClients'),
    oauthGrants: notModelled('oauthGrants'),
    backup: notModelled('backup'),
    contentKeys: notModelled('contentKeys'),
    rewrite: notModelled('rewrite'),
    users: userStore(first),
    groups: groupStore(first),
    memberships: membershipStore(first),
    log: logStore(world, { first, all: [...lines.values()], of: (group) => lineTo(diskOf(group)) }),
    size: async () => 0,
    ping: async () => {},
    close: async () => {},
  };
  const cut = (): void => {
    for (const line of lines.values()) line.cut();
  };
  return { store, cut };
}

function notModelled<T extends object>(noun: string): T {
  const refuse = (_: T, method: string | symbol) => () => Promise.reject(new Error(`${noun}.${String(method)} is not modelled`));
  return new Proxy({} as T, { get: refuse });
}

function userStore(line: Line): UserStore {
  const users = <T>(label: string, select: (all: readonly User[]) => T) => line.read(label, ({ users: all }) => select([...all.values()]));
  return {
    insert: (user) =>
      line.write('users.insert', ({ users: all }) => {
        const isNew = ![...all.values()].some(
          ({ nameKey, skeleton }) => nameKey === user.nameKey || (skeleton !== undefined && skeleton === user.skeleton),
        );
        return isNew ? { result: true, change: putUser(user) } : { result: false };
      }),
    byId: (id) => users('user', (all) => all.find((user) => user.id === id)),
    byIds: (ids) => users('users', (all) => all.filter(({ id }) => ids.includes(id))),
    byNameKey: (key) => users('user by name', (all) => all.find(({ nameKey }) => nameKey === key)),
    bySkeleton: (wanted) => users('user by looks', (all) => all.find(({ skeleton }) => skeleton === wanted)),
    update: (id, patch) =>
      line.write('users.update', ({ users: all }) => {
        const user = all.get(id);
        return user ? { result: true, change: putUser({ ...user, ...(patch as Partial<User>) }) } : { result: false };
      }),
    stepDown: (id, patch) =>
      line.write('users.stepDown', ({ users: all }) => {
        const user = all.get(id);
        if (!user) return { result: 'missing' as const };
        const isNeeded = user.admin && !user.disabled && ![...all.values()].some((one) => one.id !== id && one.admin && !one.disabled);
        return isNeeded ? { result: 'last' as const } : { result: 'done' as const, change: putUser({ ...user, ...patch }) };
      }),
    list: ({ bot }) => users('all users', (all) => all.filter((user) => bot === undefined || user.bot === bot)),
  };
}

function groupStore(line: Line): GroupStore {
  const find = (label: string, isIt: (group: StoredGroup) => boolean): Promise<Group | undefined> =>
    line.read(label, (state) => {
      const group = [...state.groups.values()].find(isIt);
      return group && { ...group, head: hintOf(line.disk, state, group.id) };
    });
  const byId = (id: GroupId) => find('group', (group) => group.id === id);
  return {
    ...notModelled<GroupStore>('groups'),
    insert: (group) =>
      line.write('groups.insert', ({ groups }) => {
        const stored = { ...group, number: groups.size + 1 };
        return { result: { ...stored, head: EMPTY_HEAD }, change: putGroup(stored) };
      }),
    byId,
    bySlug: (slug) => find('group by slug', (group) => group.slug === slug),
    byIds: async (ids) => (await Promise.all(ids.map(byId))).flatMap((group) => group ?? []),
    held: async () => [], // nor is anything on legal hold
    update: (id, { retentionDays: _, held: __, ...patch }) =>
      line.write('groups.update', ({ groups }) => {
        const group = groups.get(id);
        return group ? { result: 'done' as const, change: putGroup({ ...group, ...patch }) } : { result: 'missing' as const };
      }),
    markAnnounced: async () => {}, // in the model no process dies between a change of a group and its log entry
    listUnannounced: async () => [],
  };
}

/** `favourite` is absent where it is false. */
function preferring({ favourite: _, ...membership }: Membership, favourite: boolean): Membership {
  return favourite ? { ...membership, favourite } : membership;
}

function membershipStore(line: Line): MembershipStore {
  const read = <T>(label: string, select: (all: readonly Membership[], state: State) => T): Promise<T> =>
    line.read(label, (state) => select([...state.memberships.values()], state));
  const update = (label: string, group: GroupId, user: UserId, next: (present: Membership) => Membership): Promise<void> =>
    line.write(label, ({ memberships }) => {
      const present = memberships.get(memberKey(group, user));
      return present ? { result: undefined, change: putMembership(next(present)) } : { result: undefined };
    });
  return {
    get: (group, user) => line.read('membership', ({ memberships }) => memberships.get(memberKey(group, user))),
    put: (membership) =>
      line.write('memberships.put', ({ memberships }) => {
        const present = memberships.get(memberKey(membership.group, membership.user));
        if ((present?.rev ?? 0) !== membership.rev - 1) return { result: false };
        const { mark, level, hidden, favourite = false } = present ?? membership;
        const line = {
          ...(present?.line === undefined ? {} : { line: present.line }),
          ...(present?.seen === undefined ? {} : { seen: present.seen }),
        };
        return { result: true, change: putMembership(preferring({ ...membership, ...line, mark, level, hidden }, favourite)) };
      }),
    markAnnounced: (group, user, rev, at) =>
      update('memberships.lined', group, user, (one) => (one.rev === rev ? { ...one, lined: true, line: at } : one)),
    advanceMark: (group, user, n) =>
      line.write('mark', ({ memberships }) => {
        const present = memberships.get(memberKey(group, user));
        const isMoved = present !== undefined && present.mark < n;
        return isMoved ? { result: true, change: putMembership({ ...present, mark: n }) } : { result: false };
      }),
    setLastSeen: async (group, user, at) => {
      await update('memberships.seen', group, user, (one) => ({ ...one, seen: Math.max(one.seen ?? 0, at) }));
    },
    rewindMark: (group, user, n) =>
      line.write('unmark', ({ memberships }) => {
        const present = memberships.get(memberKey(group, user));
        const isMoved = present !== undefined && present.mark > n;
        return isMoved ? { result: true, change: putMembership({ ...present, mark: n }) } : { result: false };
      }),
    setPreferences: (group, user, preferences) =>
      line.write('memberships.prefer', ({ memberships }) => {
        const present = memberships.get(memberKey(group, user));
        if (!present) return { result: false };
        const { favourite = present.favourite ?? false, ...others } = preferences;
        return { result: true, change: putMembership(preferring({ ...present, ...others }, favourite)) };
      }),
    listUnannounced: (before, limit) => read('unlined', (all) => all.filter(({ lined, at }) => !lined && at < before).slice(0, limit)),
    ofGroup: (group) =>
      read('members', (all, { came }) => {
        const since = ({ user }: Membership): number => came.get(memberKey(group, user)) ?? 0;
        return all.filter((one) => one.group === group && one.in).sort((a, b) => since(a) - since(b));
      }),
    someOf: (group, limit) =>
      read('some members', (all) =>
        all
          .filter((one) => one.group === group && one.in)
          .slice(0, limit)
          .map(({ user }) => user),
      ),
    ofUser: (user) => read('memberships', (all) => all.filter((one) => one.user === user && one.in)),
  };
}
