import type { Bus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { GroupId, Random, UserId } from './ids.ts';
import type { Log } from './log.ts';
import type { Draft, Entry } from './messages/entry.ts';
import type { Meters } from './metrics/meters.ts';
import type { Secrets } from './secrets.ts';
import type { Store, User } from './store/port.ts';
import type { Recent } from './store/recent.ts';

/** What every operation works on; its first argument. Built by openCore, the only place that knows which adapters are in use. */
export type Core = {
  readonly config: Config;
  readonly store: Store;
  /** The store's most asked look-ups, from memory where that is safe. */
  readonly recent: Recent;
  readonly bus: Bus;
  readonly secrets: Secrets;
  readonly log: Log;
  /** ms since the epoch; a test turns it. */
  readonly now: () => number;
  readonly random: Random;
  readonly passwords: Passwords;
  readonly directory: Directory;
  readonly appender: Appender;
  readonly limits: Limits;
  readonly meters: Meters;
};

/** The public face of a person or bot. */
export type Face = Pick<User, 'id' | 'name' | 'color' | 'bot'>;

/** Faces by id, remembered in this process: they never change. */
export type Directory = {
  /** Those that exist. */
  faces(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Face>>;
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

/** Counters in this process: token buckets by name. */
export type Limits = {
  /** Takes one from the bucket; resolves to 0, or to the ms until one is there. `perSecond` 0 never refuses. */
  take(bucket: string, perSecond: number, burst: number): number;
  /** Puts one back that was taken for nothing. */
  giveBack(bucket: string): void;
};
