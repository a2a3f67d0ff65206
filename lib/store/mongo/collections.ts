import type { Collection, Db, IndexDescription } from 'mongodb';
import type { SessionRecord, Token, User } from '../../accounts/port.ts';
import type { FileRecord } from '../../files/port.ts';
import type { Group, GroupChange, Membership } from '../../groups/port.ts';
import type { FileId, GroupId, UserId } from '../../ids.ts';
import type { EntryCommon, Folded, Head, Kind } from '../../log/entry.ts';
import type { Device } from '../../push/port.ts';
import type { Indexed } from '../../search/port.ts';
import type { SecurityRecord } from '../../security/event.ts';
import type { Delivery } from '../../webhooks/outgoing/deliveries-port.ts';
import type { Webhook } from '../../webhooks/outgoing/port.ts';
import { ACCOUNT_INDEXES, type AccountCollections, accountCollectionsOf } from './accounts/rows.ts';
import { type CommandRow, type EphemeralRow, type FollowRow, MESSAGE_INDEXES, type SavedRow, type ScheduledRow } from './messages/rows.ts';

type SettingRow = { readonly _id: string; readonly value: string };
/** `ceding`: set while an administrator steps down, with the time (ms, by the clock of the process that wrote it). */
export type UserRow = Omit<User, 'id'> & { readonly _id: UserId; readonly ceding?: { readonly token: string; readonly at: number } };
export type SessionRow = Omit<SessionRecord, 'hash'> & { readonly _id: string };
export type TokenRow = Omit<Token, 'hash'> & { readonly _id: string };
/**
 * `slugs`: the present slug and all former ones. One document and one unique index keep them, so that no crash can separate them. `changes`: changes whose
 * entry is not known to be in the log.
 */
export type GroupRow = Omit<Group, 'id' | 'retentionDays' | 'held'> & {
  readonly _id: GroupId;
  readonly retentionDays?: number | null;
  readonly held?: boolean;
  readonly slugs: readonly string[];
  readonly changes?: readonly GroupChange[];
  /** ms when its removal began. */
  readonly deletedAt?: number;
};
/** The head of a log without a group document (the system log). */
type HeadRow = Head & { readonly _id: GroupId };
/** `_id`: `<group>/<user>`. `came`: ms of the change by which this member came in. */
export type MembershipRow = Membership & { readonly _id: string; readonly came: number };
/** `_id`: `<group>/<seq, 10 digits>`. Lists the fields that queries name; each kind has further fields. */
export type EntryRow = EntryCommon & {
  readonly _id: string;
  readonly kind: Kind;
  readonly target?: number;
  readonly body?: string;
  readonly scrubbed?: true;
  readonly folded?: Folded;
  readonly due?: number;
  readonly stands?: true;
  readonly mentions?: readonly UserId[];
};

export type WebhookRow = Omit<Webhook, 'bot'> & { readonly _id: UserId };
export type DeliveryRow = Omit<Delivery, 'id'> & { readonly _id: string };
export type DeviceRow = Omit<Device, 'id'> & { readonly _id: string };

/** Their content is in GridFS (`fs.files`, `fs.chunks`). */
export type FileRow = Omit<FileRecord, 'id'> & { readonly _id: FileId };

/** `_id`: as in the log. `slice`: `<group>/<slice>`. */
export type SearchRow = Indexed & { readonly _id: string; readonly slice: string; readonly group: GroupId };
/** `_id`: `<group>/<version>`. */
type SearchPositionRow = { readonly _id: string; readonly group: GroupId; readonly seq: number };

/** `positions`: pairs of a group's number and a seq. */
type CursorRow = {
  readonly _id: string;
  readonly user: UserId;
  readonly positions: readonly (readonly [number, number])[];
  readonly usedAt: number;
  readonly replaced: boolean;
};

/** `_id`: `<owner>/<id>`. */
type SecurityRow = SecurityRecord & { readonly _id: string };

/** The key of the content of a file. */
type ContentKeyRow = { readonly _id: FileId; readonly sealed: string };

export type Collections = AccountCollections & {
  readonly settings: Collection<SettingRow>;
  readonly users: Collection<UserRow>;
  readonly sessions: Collection<SessionRow>;
  readonly tokens: Collection<TokenRow>;
  readonly groups: Collection<GroupRow>;
  readonly heads: Collection<HeadRow>;
  readonly memberships: Collection<MembershipRow>;
  readonly log: Collection<EntryRow>;
  readonly webhooks: Collection<WebhookRow>;
  readonly deliveries: Collection<DeliveryRow>;
  readonly devices: Collection<DeviceRow>;
  readonly files: Collection<FileRow>;
  readonly contentKeys: Collection<ContentKeyRow>;
  readonly cursors: Collection<CursorRow>;
  readonly saved: Collection<SavedRow>;
  readonly follows: Collection<FollowRow>;
  readonly commands: Collection<CommandRow>;
  readonly ephemerals: Collection<EphemeralRow>;
  readonly scheduled: Collection<ScheduledRow>;
  readonly security: Collection<SecurityRow>;
  readonly search: Collection<SearchRow>;
  readonly searchPositions: Collection<SearchPositionRow>;
};

export const collectionsOf = (db: Db): Collections => ({
  ...accountCollectionsOf(db),
  settings: db.collection('settings'),
  users: db.collection('users'),
  sessions: db.collection('sessions'),
  tokens: db.collection('tokens'),
  groups: db.collection('groups'),
  heads: db.collection('heads'),
  memberships: db.collection('memberships'),
  log: db.collection('log'),
  webhooks: db.collection('webhooks'),
  deliveries: db.collection('deliveries'),
  devices: db.collection('devices'),
  files: db.collection('files'),
  contentKeys: db.collection('contentKeys'),
  cursors: db.collection('cursors'),
  saved: db.collection('saved'),
  follows: db.collection('follows'),
  commands: db.collection('commands'),
  ephemerals: db.collection('ephemerals'),
  scheduled: db.collection('scheduled'),
  security: db.collection('security'),
  search: db.collection('search'),
  searchPositions: db.collection('searchPositions'),
});

/**
 * Only the log needs sharding, by {group: 1}: its unique index begins with that key, and `shardCollection` accepts its index on targets,
 * which covers every entry. Partial indexes use `$gte` or a value instead of `$exists`: every server recognizes that a query implies these.
 */
export const INDEXES: Partial<Record<keyof Collections, IndexDescription[]>> = {
  users: [
    { name: 'nameKey', key: { nameKey: 1 }, unique: true },
    { name: 'skeleton', key: { skeleton: 1 }, unique: true, partialFilterExpression: { skeleton: { $gte: '' } } },
    { name: 'order', key: { createdAt: 1, _id: 1 } },
    { name: 'kind', key: { bot: 1, createdAt: 1, _id: 1 } },
  ],
  sessions: [
    { name: 'user', key: { userId: 1 } },
    { name: 'expiry', key: { expiresAt: 1 } },
  ],
  tokens: [
    { name: 'user', key: { user: 1, createdAt: 1 } },
    { name: 'expiring', key: { expiresAt: 1 }, sparse: true },
  ],
  ...ACCOUNT_INDEXES,
  groups: [
    { name: 'slugs', key: { slugs: 1 }, unique: true },
    { name: 'code', key: { codeMac: 1 }, unique: true },
    { name: 'number', key: { number: 1 }, unique: true },
    { name: 'changes', key: { 'changes.at': 1 }, sparse: true },
    { name: 'held', key: { held: 1 }, partialFilterExpression: { held: true } },
    { name: 'deleted', key: { deletedAt: 1 }, partialFilterExpression: { deletedAt: { $gte: 0 } } },
  ],
  memberships: [
    { name: 'group', key: { group: 1, in: 1, came: 1 } },
    { name: 'user', key: { user: 1, in: 1 } },
    { name: 'unlined', key: { lined: 1, at: 1 }, partialFilterExpression: { lined: false } },
  ],
  log: [
    { name: 'targets', key: { group: 1, target: 1, seq: 1 } },
    { name: 'messages', key: { group: 1, kind: 1, n: 1 }, partialFilterExpression: { kind: 'message' } },
    { name: 'threads', key: { group: 1, thread: 1, seq: 1 }, partialFilterExpression: { thread: { $gte: 0 } } },
    { name: 'keys', key: { group: 1, author: 1, key: 1 }, unique: true, partialFilterExpression: { key: { $gte: '' } } },
    { name: 'due', key: { due: 1 }, sparse: true },
    { name: 'mentions', key: { mentions: 1, group: 1, n: 1 }, partialFilterExpression: { mentions: { $gte: '' } } },
    { name: 'erased', key: { group: 1, kind: 1, seq: 1 }, partialFilterExpression: { kind: 'erase' } },
    { name: 'erasedTargets', key: { group: 1, target: 1, kind: 1 }, partialFilterExpression: { kind: 'erase' } },
    { name: 'unerased', key: { group: 1, kind: 1, target: 1 }, partialFilterExpression: { kind: 'unerase' } },
    { name: 'pins', key: { group: 1, stands: 1, seq: 1 }, partialFilterExpression: { stands: true } },
    { name: 'pending', key: { pending: 1 }, sparse: true },
  ],
  webhooks: [{ name: 'active', key: { disabled: 1 } }],
  deliveries: [
    { name: 'due', key: { state: 1, due: 1 } },
    { name: 'bot', key: { bot: 1, createdAt: 1, _id: 1 } },
    { name: 'message', key: { group: 1, message: 1 } },
    { name: 'reply', key: { group: 1, reply: 1 } },
    { name: 'finished', key: { finishedAt: 1 } },
  ],
  devices: [
    { name: 'user', key: { user: 1, createdAt: 1 } },
    { name: 'session', key: { session: 1 } },
  ],
  ...MESSAGE_INDEXES,
  cursors: [{ name: 'unused', key: { replaced: 1, usedAt: 1 } }],
  security: [
    { name: 'order', key: { owner: 1, at: -1, id: -1 } },
    { name: 'age', key: { at: 1 } },
  ],
  files: [
    { name: 'loose', key: { seq: 1, touchedAt: 1 } },
    { name: 'author', key: { author: 1, bytes: 1 } },
    { name: 'group', key: { group: 1, bytes: 1 } },
  ],
  search: [
    { name: 'terms', key: { slice: 1, terms: 1, at: -1, group: -1, seq: -1 } },
    { name: 'slices', key: { slice: 1 } }, // shard key: a multikey index cannot be one
  ],
};

/** Whether `createIndexes` has been run on this database, by this version or an older one. */
export const isSetUp = (db: Db): Promise<boolean> => db.listCollections({ name: 'users' }, { nameOnly: true }).hasNext();

/** Creates missing indexes. Idempotent. A new index on a large log takes long. */
export async function createIndexes(db: Db): Promise<void> {
  for (const [name, indexes] of Object.entries(INDEXES)) await db.collection(name).createIndexes(indexes);
}
