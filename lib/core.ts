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

/** What every operation works on; its first argument. Built by openCore, the only place that knows which adapters are in use. */
export type Core = {
  readonly config: Config;
  readonly store: Store;
  /** Whether posts can be stored now. */
  readonly health: Pick<StoreHealth, 'check'>;
  /** The store's most asked look-ups, from memory where that is safe. */
  readonly lookupCache: LookupCache;
  readonly bus: Bus;
  readonly secrets: Secrets;
  readonly logger: Logger;
  /** ms since the epoch; a test turns it. */
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

/** Faces by id, remembered in this process: they never change. */
export type Directory = {
  /** Those that exist. */
  profiles(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Profile>>;
};

/** Hashes and checks passwords, at most two at once, a bounded number waiting (else `tooMany`). */
export type Passwords = {
  hash(password: string): Promise<string>;
  /** A null hash costs the same time and is false. */
  verify(password: string, hash: string | null): Promise<boolean>;
};

/** The only way into a group's log. */
export type Appender = {
  /**
   * Appends one draft and resolves to the entry once it is durable and announced.
   * `decide` holds the rules that depend on the log; it is asked again when something came in between, and throws to refuse.
   * `asOf`: the rules were asked before, when the log had at least so many entries; they are asked again only if rights have changed since.
   * Errors: what `decide` throws; `unavailable` when the store does not take it within 2 s.
   */
  append(group: GroupId, draft: Draft, decide?: Decide, asOf?: number): Promise<Entry>;
  /** Resolves when nothing is waiting to be written. */
  idle(): Promise<void>;
};

export type Decide = () => Promise<void>;

/** Which bots with a webhook are to be told of what is written; whoever tells them listens here. */
export type WebhookCalls = {
  /**
   * The bots that each of these drafts calls when they are placed after `head`, in their order; undefined when none of them calls any.
   * Where no bot has a webhook it costs next to nothing. Errors: StoreUnavailable.
   */
  plan(group: GroupId, drafts: readonly Draft[], head: Head): Promise<readonly (readonly UserId[])[] | undefined>;
  /** Says that something waits to be told. */
  notify(): void;
  /** Calls `listener` at each ring in this process; returns the way to stop. */
  onNotify(listener: () => void): () => void;
};

/** A picture as it stands upright (px), and a small WebP of it, 800 × 600 px at most, without what its camera noted. */
export type Thumbnail = { readonly width: number; readonly height: number; readonly thumb: Buffer };

/** Looks at pictures, away from this process. */
export type Thumbnailer = {
  /** `source` yields `bytes` bytes of a picture of `type`. Undefined, never an error, for one that is broken, too large, or too many at once. */
  create(source: AsyncIterable<Uint8Array>, bytes: number, type: string): Promise<Thumbnail | undefined>;
  close(): void;
};

/** Keeps what messages are searched by behind the logs. */
export type Indexer = {
  /** Says that a group's log was written to. Costs next to nothing. */
  note(group: GroupId): void;
  /** Indexes what these logs have more, as far as that is done quickly. Errors: StoreUnavailable. */
  catchUp(groups: readonly Pick<Group, 'id' | 'head'>[]): Promise<void>;
  /** Begins to work in the background; `stop` resolves when it has ended. */
  start(): void;
  stop(): Promise<void>;
};

/** What this process has written into logs, for what is done once for each entry, by whoever wrote it. */
export type WrittenEntries = {
  /** Entries of one group that are durable now. Costs next to nothing. */
  note(entries: readonly Entry[]): void;
  /** Calls `listener` with what is noted; returns the way to stop. */
  onWritten(listener: (entries: readonly Entry[]) => void): () => void;
};

/** Counters in this process: token buckets by name. */
export type RateLimiter = {
  /** Takes one from the bucket; resolves to 0, or to the ms until one is there. `perSecond` 0 never refuses. */
  take(bucket: string, perSecond: number, burst: number): number;
  /** Puts one back that was taken for nothing. */
  giveBack(bucket: string): void;
};
