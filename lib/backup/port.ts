import { PROGRESS, REGISTRY } from '../encryption/settings.ts';
import type { GroupId } from '../ids.ts';
import type { Entry, Head } from '../log/entry.ts';

/** What a store keeps besides logs and the content of files. Search indexes are not among them: they are made anew from the logs; nor are ephemeral messages, which end within a day. */
export const COLLECTIONS = [
  'settings',
  'users',
  'sessions',
  'tokens',
  'credentials',
  'groups',
  'memberships',
  'webhooks',
  'deliveries',
  'devices',
  'cursors',
  'saved',
  'follows',
  'commands',
  'scheduled',
  'security',
  'addresses',
  'links',
  'mails',
  'oauthClients',
  'oauthGrants',
  'files',
] as const;

export type Collection = (typeof COLLECTIONS)[number];

/** A record as JSON: the fields of its domain type, and those that only the store knows. Every store gives equal records for equal data. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/** Settings that belong to one database and are in no backup. `schema`: the version of what is stored. `user-skeletons:1`: as version 1 of it, in databases of before. `clock-seen`: the time of the last look at the clock, for retention. `restoring`: the id of the backup of which a restore has begun; empty once it is complete. */
export const LOCAL_SETTINGS: readonly string[] = [
  'installation',
  'schema',
  'user-skeletons:1',
  'restoring',
  'clock-seen',
  REGISTRY,
  PROGRESS,
];
export const RESTORING = 'restoring';
/** Settings `retention:<group>`: how far the retention of a group has come, in this database. */
const RETENTION = 'retention:';

/** Whether a setting is in no backup. */
export const isLocalSetting = (key: string): boolean => LOCAL_SETTINGS.includes(key) || key.startsWith(RETENTION);

/**
 * One reading of everything. On SQLite it is one point in time. On MongoDB the ends of the logs are read first and the records afterwards, so records may
 * be newer than the logs, never older.
 */
export type Snapshot = {
  /** The end of every log that has entries. */
  readonly heads: ReadonlyMap<GroupId, Head>;
  /** All records of a collection, by their key. */
  records(name: Collection): AsyncIterable<StoredRecord> | Iterable<StoredRecord>;
  /** Entries with from ≤ seq ≤ to, by seq. `to − from` < 1000. */
  entries(group: GroupId, from: number, to: number): Promise<Entry[]>;
  close(): Promise<void>;
};

/** The part of a store that backup and restore use. The promises of the store hold. */
export type BackupStore = {
  snapshot(): Promise<Snapshot>;
  /** Whether there is no user, no group and no log. */
  isEmpty(): Promise<boolean>;
  /** Writes records as they are; one with the same key is replaced. 1,000 at most. */
  putRecords(name: Collection, records: readonly StoredRecord[]): Promise<void>;
  /** Writes entries of one group as they are; one with the same seq is replaced. 1,000 at most. */
  putEntries(group: GroupId, entries: readonly Entry[]): Promise<void>;
  /** Stores where logs end, after their entries and groups were written. */
  putHeads(heads: ReadonlyMap<GroupId, Head>): Promise<void>;
};
