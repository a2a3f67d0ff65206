import type { User } from './accounts/port.ts';
import type { Bus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { Group } from './groups/port.ts';
import type { GroupId, Random, UserId } from './ids.ts';
import type { Draft, Entry, Head } from './log/entry.ts';
import type { Logger } from './logger.ts';
import type { Meters } from './metrics/meters.ts';
import type { Secrets } from './secrets.ts';
import type { StoreHealth } from './store/health.ts';
import type { LookupCache } from './store/lookup-cache.ts';
import type { Store } from './store/port.ts';

/** The dependencies of every operation; its first argument. Built by openCore, the only place that knows which adapters are in use. */
export type Core = {
  readonly config: Config;
  readonly store: Store;
  /** Whether writes succeed now. */
  readonly health: Pick<StoreHealth, 'check'>;
  /** The store's most frequent look-ups, cached where that is safe. */
  readonly lookupCache: LookupCache;
  readonly bus: Bus;
  readonly secrets: Secrets;
  readonly logger: Logger;
  /** ms since the epoch; tests inject a clock. */
  readonly now: () => number;
  readonly random: Random;
  readonly passwords: Passwords;
  readonly directory: Directory;
  readonly appender: Appender;
  readonly webhookCalls: WebhookCalls;
  readonly indexer: Indexer;
  readonly written: WrittenEntries;
  readonly rateLimiter: RateLimiter;
  readonly thumbnailer: Thumbnailer;
  readonly meters: Meters;
};

/** The public profile of a person or bot. */
export type Profile = Pick<User, 'id' | 'name' | 'color' | 'bot'>;

/** Profiles by id, cached in this process: they never change. */
export type Directory = {
  /** The profiles of the ids that exist. */
  profiles(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Profile>>;
};

/** Hashes and verifies passwords, at most two at a time; the queue is bounded (error `tooMany`). */
export type Passwords = {
  hash(password: string): Promise<string>;
  /** A null hash takes the same time and resolves to false. */
  verify(password: string, hash: string | null): Promise<boolean>;
};

/** Every write to a group's log goes through it. */
export type Appender = {
  /**
   * Appends one draft and resolves to the entry once it is durable and published.
   * `decide` checks the rules that depend on the log and throws to refuse; it is called again when another writer appended in between.
   * `asOf`: the rules were already checked when the log had at least this seq; `decide` is called only if access rights have changed since.
   * Errors: what `decide` throws; `unavailable` when the store has not written it within 2 s, or within the rest of the 2.5 s that a request may wait for the store.
   */
  append(group: GroupId, draft: Draft, decide?: Decide, asOf?: number): Promise<Entry>;
  /** Resolves when all drafts are written. */
  idle(): Promise<void>;
};

export type Decide = () => Promise<void>;

/** Decides which bots are called for new entries, and notifies the delivery worker. */
export type WebhookCalls = {
  /**
   * For each draft, the bots that it calls when the drafts are appended after `head`; undefined when none calls a bot.
   * Needs no read when no bot has a webhook. Errors: StoreUnavailable.
   */
  plan(group: GroupId, drafts: readonly Draft[], head: Head): Promise<readonly (readonly UserId[])[] | undefined>;
  /** Reports that an entry with `pending` calls was written. */
  notify(): void;
  /** Calls `listener` at each `notify` in this process; returns a function that unsubscribes. */
  onNotify(listener: () => void): () => void;
};

/** The size of an image after applying its orientation (px), and a WebP of at most 800 × 600 px without metadata. */
export type Thumbnail = { readonly width: number; readonly height: number; readonly thumb: Buffer };

/** Decodes images in a separate process. */
export type Thumbnailer = {
  /** `source` yields `bytes` bytes of an image of `type`. Never rejects: undefined when the image is damaged or too large, or when too many are in progress. */
  create(source: AsyncIterable<Uint8Array>, bytes: number, type: string): Promise<Thumbnail | undefined>;
  close(): void;
};

/** Updates the search index from the logs. */
export type Indexer = {
  /** Reports that a group's log has new entries. Does no I/O. */
  note(group: GroupId): void;
  /** Indexes the new entries of these logs, within a time limit. Errors: StoreUnavailable. */
  catchUp(groups: readonly Pick<Group, 'id' | 'head'>[]): Promise<void>;
  /** Starts to index in the background; `stop` resolves when that has ended. */
  start(): void;
  stop(): Promise<void>;
};

/** The entries that this process has written, for work that is done once per entry by the process that wrote it. */
export type WrittenEntries = {
  /** Reports durable entries of one group. Does no I/O. */
  note(entries: readonly Entry[]): void;
  /** Calls `listener` with the reported entries; returns a function that unsubscribes. */
  onWritten(listener: (entries: readonly Entry[]) => void): () => void;
};

/** Token buckets by name, in this process. */
export type RateLimiter = {
  /** Takes a token. Returns 0, or the ms until a token is available. `perSecond` 0: no limit. */
  take(bucket: string, perSecond: number, burst: number): number;
  /** Returns a token that was not used. */
  giveBack(bucket: string): void;
};
