import type { CredentialStore } from '../accounts/credentials-port.ts';
import type { OAuthClientStore, OAuthGrantStore } from '../accounts/oauth/port.ts';
import type { SessionStore, TokenStore, UserStore } from '../accounts/port.ts';
import type { BackupStore } from '../backup/port.ts';
import type { CommandStore } from '../commands/port.ts';
import type { ContentKeyStore, RewriteStore } from '../encryption/port.ts';
import type { FileStore } from '../files/port.ts';
import type { GroupStore, MembershipStore, RemovalStore } from '../groups/port.ts';
import type { CursorStore } from '../live/all-groups/port.ts';
import type { LogStore } from '../log/port.ts';
import type { AddressStore, LinkStore, MailStore } from '../mail/port.ts';
import type { EphemeralStore } from '../messages/ephemeral/port.ts';
import type { SavedStore } from '../messages/port.ts';
import type { FollowStore } from '../messages/threads/port.ts';
import type { PushStore } from '../push/port.ts';
import type { ScheduledStore } from '../scheduled/port.ts';
import type { SearchStore } from '../search/port.ts';
import type { SecurityStore } from '../security/port.ts';
import type { DeliveryStore } from '../webhooks/outgoing/deliveries-port.ts';
import type { WebhookStore } from '../webhooks/outgoing/port.ts';

/**
 * The store is the truth. One contract suite (test/contract/store.ts) holds for every adapter.
 *
 * Promises of every method:
 * - A write that resolves is durable (SQLite: WAL, synchronous=FULL; MongoDB: w majority, j true).
 * - A write changes one record atomically; nothing needs a transaction over several records.
 * - Values go in as typed values, never as query syntax.
 * - `limit`: the maximum number of results, an integer of 1 or more. The caller sees to it: adapters do not check it, and 0 means no limit to MongoDB.
 * - A store that does not answer rejects with StoreUnavailable, and with nothing else.
 */
export type Store = {
  readonly kind: 'sqlite' | 'mongo';
  readonly settings: SettingStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens: TokenStore;
  readonly credentials: CredentialStore;
  readonly groups: GroupStore;
  readonly removals: RemovalStore;
  readonly memberships: MembershipStore;
  readonly log: LogStore;
  readonly files: FileStore;
  readonly contentKeys: ContentKeyStore;
  readonly rewrite: RewriteStore;
  readonly cursors: CursorStore;
  readonly saved: SavedStore;
  readonly follows: FollowStore;
  readonly commands: CommandStore;
  readonly ephemerals: EphemeralStore;
  readonly scheduled: ScheduledStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly search: SearchStore;
  readonly push: PushStore;
  readonly security: SecurityStore;
  readonly addresses: AddressStore;
  readonly links: LinkStore;
  readonly mails: MailStore;
  readonly oauthClients: OAuthClientStore;
  readonly oauthGrants: OAuthGrantStore;
  readonly backup: BackupStore;
  /** Only where other processes on this machine share the store without a bus of their own (SQLite). */
  readonly signals?: SignalStore;
  /** Bytes that the database takes on the disk, without the content of files. */
  size(): Promise<number>;
  /** Resolves when the store answers a trivial read. */
  ping(): Promise<void>;
  /** The clock of the database server, ms since 1970. Only where processes on several machines, with clocks of their own, may share the store. */
  now?(): Promise<number>;
  /** Reads all that is stored and resolves to what is damaged, in the words of the store. Only where the store is a file of ours (SQLite). */
  inspect?(): Promise<readonly string[]>;
  /** How long the last commit waited for the disk, ms. Only where the store knows. */
  commitMs?(): number;
  /** Loads now what is otherwise loaded when it is first needed. Only where a store has such parts. Errors: StoreUnavailable. */
  load?(): Promise<void>;
  /**
   * Moves the writing to a thread of its own, so that the event loop does not wait for the disk; until the thread is ready, this thread writes.
   * Only where the store is a file of ours. For processes that serve: the start of a thread takes longer than most commands. Resolves once the
   * thread writes, or could not be started, which is tried again.
   */
  startWriterThread?(): Promise<void>;
  /** Resolves once pending writes are settled. */
  close(): Promise<void>;
};

export type SettingStore = {
  get(key: string): Promise<string | undefined>;
  /** Writes `value` only if the key is free; resolves to what is stored now: of several callers all get the same value. */
  putIfAbsent(key: string, value: string): Promise<string>;
  /** Writes `value` whatever was there. */
  put(key: string, value: string): Promise<void>;
};

/** Rows by which processes that share one SQLite file send each other events. Payloads are JSON of a bus event. */
export type SignalStore = {
  emit(payload: string): Promise<void>;
  /** Calls `listener` with what other processes emitted from now on, within 200 ms; resolves to the way to stop. */
  listen(listener: (payload: string) => void): () => void;
  /** Whether another process changed what LookupCache reads since this was last asked (at first: since it was opened). True also after some writes of this process. Cheap. */
  changed(): boolean;
};
