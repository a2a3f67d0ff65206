import type { SessionStore, TokenStore, UserStore } from '../accounts/port.ts';
import type { FileStore } from '../files/port.ts';
import type { GroupStore, MembershipStore } from '../groups/port.ts';
import type { CursorStore } from '../live/all-groups/port.ts';
import type { LogStore } from '../log/port.ts';
import type { SavedStore } from '../messages/port.ts';
import type { PushStore } from '../push/port.ts';
import type { SearchStore } from '../search/port.ts';
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
  readonly groups: GroupStore;
  readonly memberships: MembershipStore;
  readonly log: LogStore;
  readonly files: FileStore;
  readonly cursors: CursorStore;
  readonly saved: SavedStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly search: SearchStore;
  readonly push: PushStore;
  /** Only where other processes on this machine share the store without a bus of their own (SQLite). */
  readonly signals?: SignalStore;
  /** Resolves when the store answers a trivial read. */
  ping(): Promise<void>;
  /** Reads all that is stored and resolves to what is damaged, in the words of the store. Only where the store is a file of ours (SQLite). */
  inspect?(): Promise<readonly string[]>;
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
  /** Whether another process wrote anything to the store since this was last asked (at first: since it was opened). Cheap. */
  changed(): boolean;
};
