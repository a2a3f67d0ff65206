import type { User } from './accounts/port.ts';
import type { Audited } from './audit/act.ts';
import type { Bus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { Group } from './groups/port.ts';
import type { FileId, GroupId, Random, UserId } from './ids.ts';
import type { Draft, Entry, Folded, Head } from './log/entry.ts';
import type { Logger } from './logger.ts';
import type { MailJob } from './mail/job.ts';
import type { RichContent } from './markup/rich-content.ts';
import type { Meters } from './metrics/meters.ts';
import type { Scheduler } from './scheduler.ts';
import type { Secrets } from './secrets.ts';
import type { SecurityEvent } from './security/event.ts';
import type { Site } from './site/identity.ts';
import type { StoreHealth } from './store/health.ts';
import type { LookupCache } from './store/lookup-cache.ts';
import type { Store } from './store/port.ts';

/** The dependencies of every operation; its first argument. Built by openCore, the only place that knows which adapters are in use. */
export type Core = {
  readonly config: Config;
  readonly store: Store;
  /** Whether writes succeed now. */
  readonly health: Pick<StoreHealth, 'check' | 'reason'>;
  /** The store's most frequent look-ups, cached where that is safe. */
  readonly lookupCache: LookupCache;
  readonly bus: Bus;
  readonly secrets: Secrets;
  readonly logger: Logger;
  /** ms since the epoch; tests inject a clock. */
  readonly now: () => number;
  /** The same for all processes on the store, whatever their clocks say; for what one process decides and another may do. Errors: StoreUnavailable. */
  readonly sharedNow: () => Promise<number>;
  readonly random: Random;
  readonly passwords: Passwords;
  readonly directory: Directory;
  readonly appender: Appender;
  readonly webhookCalls: WebhookCalls;
  readonly indexer: Indexer;
  readonly conversion: Conversion;
  readonly written: WrittenEntries;
  readonly rateLimiter: RateLimiter;
  readonly thumbnailer: Thumbnailer;
  readonly meters: Meters;
  readonly securityLog: SecurityLog;
  readonly audit: AuditLog;
  readonly mailOutbox: MailOutbox;
  readonly site: Site;
  readonly scheduler: Scheduler;
  readonly renderedBodies: RenderedBodies;
  /** How long one write may wait for the store, ms. A request waits 500 ms longer, all its calls together. */
  readonly storeWaitMs: number;
};

/** How a person or bot appears to others. `name`: for log-in and mentions, unique, never changes. `shownName`: the display name, else `name`. */
export type Profile = Pick<User, 'id' | 'name' | 'color' | 'bot'> & { readonly shownName: string; readonly avatar: FileId | null };

/** Profiles by id, cached in this process. */
export type Directory = {
  /** The profiles of the ids that exist. What this process changed is seen at once, what others changed when the bus has told it, or after some minutes. */
  profiles(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Profile>>;
  /** Removes a profile from the cache of every process, after the user has changed. */
  forget(id: UserId): void;
};

/**
 * Whose password it is: somebody unknown to the server, or a person whose browser has been logged in to the account before (also the command
 * line). Each has a queue of its own, so that strangers never take the places of the others.
 */
export type PasswordQueue = 'stranger' | 'known';

/** Hashes and verifies passwords, at most two of strangers and one of known people at a time; both queues are bounded (error `tooMany`). */
export type Passwords = {
  hash(password: string, queue: PasswordQueue): Promise<string>;
  /** A null hash takes the same time and resolves to false. */
  verify(password: string, hash: string | null, queue: PasswordQueue): Promise<boolean>;
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

/** An image cut to a square: 256 × 256 and 96 × 96 px, WebP without metadata. */
export type SquarePictures = { readonly large: Buffer; readonly small: Buffer };

/** Decodes images in a separate process. */
export type Thumbnailer = {
  /** `source` yields `bytes` bytes of an image of `type`. Never rejects: undefined when the image is damaged or too large, or when too many are in progress. */
  create(source: AsyncIterable<Uint8Array>, bytes: number, type: string): Promise<Thumbnail | undefined>;
  /** As `create`, for a picture of a person. */
  square(source: AsyncIterable<Uint8Array>, bytes: number, type: string): Promise<SquarePictures | undefined>;
  close(): void;
};

/** Updates the search index from the logs. */
export type Indexer = {
  /** Reports that a group's log has new entries. Does no I/O. */
  note(group: GroupId): void;
  /** Indexes the new entries of these logs, within a time limit. Errors: StoreUnavailable. */
  catchUp(groups: readonly Pick<Group, 'id' | 'head'>[]): Promise<void>;
  /** Starts to index in the background; `stop` resolves when that has ended. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Encrypts with the newest key of ENCRYPTION_KEYS what is stored otherwise, in the background. Does nothing without keys. */
export type Conversion = {
  /** Starts it; `stop` resolves when it has ended. It goes on at the next start. */
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

/** The body of a message in each form, each made when it is first asked for. `html`: safe, the same for every viewer. `model`: only of rich content. */
export type RenderedBody = {
  readonly html: string;
  readonly text: string;
  readonly model: RichContent | undefined;
  /** Whether it is the body of this state. */
  isOf(state: Folded): boolean;
};

/** What was rendered of long messages in this process, by message. Bounded by bytes and time. */
export type RenderedBodies = {
  get(group: GroupId, seq: number): RenderedBody | undefined;
  /** `bytes`: about what it takes once it is rendered. */
  set(group: GroupId, seq: number, body: RenderedBody, bytes: number): void;
  /** Removes an erased text. */
  forget(group: GroupId, seq: number): void;
  close(): void;
};

/** Token buckets by name. */
export type RateLimiter = {
  /** Takes a token of this process. Returns 0, or the ms until a token is available. `perSecond` 0: no limit. */
  take(bucket: string, perSecond: number, burst: number): number;
  /** Returns a token of `take` that was not used. */
  giveBack(bucket: string): void;
  /**
   * As `take`, of a bucket that all processes share where they have a bus for it; while that is down, of this process. `ahead`: so many tokens may
   * be taken before the other processes know of them, so that the caller need not wait. Never rejects.
   */
  takeShared(bucket: string, perSecond: number, burst: number, ahead?: number): Promise<number>;
  /** Returns a token of `takeShared` that was not used. */
  giveBackShared(bucket: string): void;
};

/** Security events: counted in the metrics, logged as one line, and stored in the lists of those whom they concern. */
export type SecurityLog = {
  /** Called after the act. Stores the event in the background, failed log-ins half a second later. Never throws: the act is done. */
  record(event: SecurityEvent): void;
  /** Resolves when all are stored, or the store does not answer. */
  idle(): Promise<void>;
};

/** The administrative acts of the whole server, which nobody changes or removes. */
export type AuditLog = {
  /**
   * Called after the act by the operation that did it, also when there was nothing to change. Resolves when the record is durable. Who did it, and from
   * where, is that of the current request. Errors: `unavailable`: the act is done; the request that is repeated records it.
   */
  record(audited: Audited): Promise<void>;
};

/** The queue of mails to be sent. */
export type MailOutbox = {
  /** Whether this server sends mail (SMTP_URL). */
  readonly isOn: boolean;
  /** Resolves when the mail is stored; nothing without SMTP_URL. A mail with an `id` that waits already stays as it is. Errors: StoreUnavailable. */
  enqueue(job: MailJob, id?: string): Promise<void>;
  /** Calls `listener` at each mail that this process enqueues; returns a function that unsubscribes. */
  onEnqueued(listener: () => void): () => void;
};
