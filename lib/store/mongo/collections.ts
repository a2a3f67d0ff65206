import type { Collection, Db, IndexDescription } from 'mongodb';
import type { GroupId, UserId } from '../../ids.ts';
import type { EntryCommon, Folded, Head, Kind } from '../../messages/entry.ts';
import type { Group, Membership, SessionRecord, Token, User } from '../port.ts';

export type SettingRow = { readonly _id: string; readonly value: string };
export type UserRow = Omit<User, 'id'> & { readonly _id: UserId };
export type SessionRow = Omit<SessionRecord, 'hash'> & { readonly _id: string };
export type TokenRow = Omit<Token, 'hash'> & { readonly _id: string };
/** `slugs`: the present slug and all former ones. One document and one unique index keep them, so that no crash can part the two. */
export type GroupRow = Omit<Group, 'id'> & { readonly _id: GroupId; readonly slugs: readonly string[] };
/** Where a log ends that has no group document (the system log). */
export type HeadRow = Head & { readonly _id: GroupId };
/** `_id`: `<group>/<user>`. `came`: ms of the change by which this member came in. */
export type MembershipRow = Membership & { readonly _id: string; readonly came: number };
/** `_id`: `<group>/<seq, 10 digits>`. Here stand the fields that queries name; each kind has its own besides. */
export type EntryRow = EntryCommon & {
  readonly _id: string;
  readonly kind: Kind;
  readonly target?: number;
  readonly body?: string;
  readonly scrubbed?: true;
  readonly folded?: Folded;
  readonly due?: number;
};

export type Collections = {
  readonly settings: Collection<SettingRow>;
  readonly users: Collection<UserRow>;
  readonly sessions: Collection<SessionRow>;
  readonly tokens: Collection<TokenRow>;
  readonly groups: Collection<GroupRow>;
  readonly heads: Collection<HeadRow>;
  readonly memberships: Collection<MembershipRow>;
  readonly log: Collection<EntryRow>;
};

export const collectionsOf = (db: Db): Collections => ({
  settings: db.collection('settings'),
  users: db.collection('users'),
  sessions: db.collection('sessions'),
  tokens: db.collection('tokens'),
  groups: db.collection('groups'),
  heads: db.collection('heads'),
  memberships: db.collection('memberships'),
  log: db.collection('log'),
});

/**
 * The log is the one collection to shard, by {group: 1}: its unique index begins with that, and its index on targets, which covers every entry,
 * is one that `shardCollection` accepts. Partial indexes say `$gte` or a value, not `$exists`: of those every server sees that a query implies them.
 */
const INDEXES: Partial<Record<keyof Collections, IndexDescription[]>> = {
  users: [
    { name: 'nameKey', key: { nameKey: 1 }, unique: true },
    { name: 'order', key: { createdAt: 1, _id: 1 } },
  ],
  sessions: [
    { name: 'user', key: { userId: 1 } },
    { name: 'expiry', key: { expiresAt: 1 } },
  ],
  tokens: [{ name: 'user', key: { user: 1, createdAt: 1 } }],
  groups: [
    { name: 'slugs', key: { slugs: 1 }, unique: true },
    { name: 'code', key: { codeMac: 1 }, unique: true },
    { name: 'number', key: { number: 1 }, unique: true },
  ],
  memberships: [
    { name: 'group', key: { group: 1, in: 1, came: 1 } },
    { name: 'user', key: { user: 1, in: 1 } },
    { name: 'unlined', key: { lined: 1, at: 1 }, partialFilterExpression: { lined: false } },
  ],
  log: [
    { name: 'targets', key: { group: 1, target: 1, seq: 1 } },
    { name: 'messages', key: { group: 1, kind: 1, n: 1 }, partialFilterExpression: { kind: 'message' } },
    { name: 'keys', key: { group: 1, author: 1, key: 1 }, unique: true, partialFilterExpression: { key: { $gte: '' } } },
    { name: 'due', key: { due: 1 }, sparse: true },
  ],
};

/** Creates what is missing; harmless when all is there. On a large log a new index takes its time. */
export async function createIndexes(db: Db): Promise<void> {
  for (const [name, indexes] of Object.entries(INDEXES)) await db.collection(name).createIndexes(indexes);
}
