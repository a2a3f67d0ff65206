import type { UserId } from '../ids.ts';
import type { Batch, Form, StreamFormat } from './batch.ts';
import type { Filter } from './filter.ts';

export type Listener = {
  readonly user: UserId;
  /** The session's or token's hash: what a revocation names. */
  readonly ref: string;
  /** `sidebar`: only what is unread in one's groups. */
  readonly format: Form | 'sidebar';
  /** Undefined: everything. */
  readonly filter?: Filter | undefined;
};

/** Who is behind one socket. */
export type StreamListener = Listener & {
  readonly format: StreamFormat | 'sidebar';
  /** When its session runs out (ms) if it is not used before. Undefined: never, as far as is known. */
  readonly until?: number | undefined;
};

/** What a feed brings up to date and keeps so: a stream of its group, or that group's part of a stream of many. */
export type Subscriber = {
  readonly listener: Listener;
  /** The last seq written or passed over. */
  cursor: number;
  /** The log's end when membership was checked: a `leave` after it puts the follower out, one before it was another time. */
  authorisedAt: number;
  readonly isOpen: boolean;
  /** Whether the answer has begun. */
  readonly isStarted: boolean;
  /** Calls `ending` once, when it is over for whatever reason; now, if it is already. */
  atEnd(ending: () => void): void;
  /** Resolves when more may be written to bring it up to date. */
  drained(): Promise<void>;
  /**
   * Writes the entries after its cursor, up to `upTo`, and moves the cursor. `isOut`: the last of them puts its user out; nothing may follow.
   * False: not now; it joins again by itself, from where it is.
   */
  take(batch: Batch, upTo: number, isOut: boolean): boolean;
  write(bytes: Buffer | string): void;
  /** Its cursor means nothing in this log. */
  reset(): void;
  /** Ends it; the client may come back. */
  end(): void;
};
