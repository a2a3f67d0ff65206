import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';
import type { Language } from '../language/current.ts';
import type { Batch, Renderer } from './batch.ts';
import type { Filter } from './filter.ts';
import { type Form, isHtml, type StreamFormat } from './formats.ts';

/** Streams to which no entry is written: `sidebar` has the unread counts of the user's groups, `changes` what its source makes of new entries. */
type Unrendered = 'sidebar' | `sidebar ${Language}` | 'changes';

export const isRendered = (form: Form | Unrendered): form is Form => !form.startsWith('sidebar') && form !== 'changes';

export type Listener = {
  readonly user: UserId;
  /** The hash of the session or token, as revocations name it. */
  readonly ref: string;
  readonly format: Form | Unrendered;
  /** Undefined: no filter. */
  readonly filter?: Filter | undefined;
  /** Whether a stream for programs has the events of drafts. Pages and documents have them. */
  readonly drafts?: boolean | undefined;
};

/** The user of one socket. */
export type StreamListener = Listener & {
  readonly format: StreamFormat | Unrendered;
  /** When its session expires unless it is used before (ms since the epoch). Undefined: no known expiry. */
  readonly until?: number | undefined;
};

/** A recipient of one group's feed: a stream of that group, or the group's subscription within a multi-group stream. */
export type Subscriber = {
  readonly listener: Listener;
  /** The last seq written or filtered out. */
  cursor: number;
  /** The tag of the entry at the cursor that it came with, until the feed has compared it. */
  tag: string | undefined;
  /** The last seq of the log when membership was checked: a `leave` after it ends the subscription, one before it does not. */
  authorisedAt: number;
  readonly isOpen: boolean;
  /** Whether the response has started. */
  readonly isStarted: boolean;
  /** Calls `ending` once, when it ends for any reason; at once if it has ended already. */
  atEnd(ending: () => void): void;
  /** Resolves when more of a replay may be written. */
  drained(): Promise<void>;
  /**
   * Writes the entries after its cursor, up to `upTo`, and moves the cursor. `isOut`: the last of them removes its user; nothing may follow.
   * Returns false when it cannot be written now; the subscriber then joins again by itself from its cursor.
   */
  take(batch: Batch, upTo: number, isOut: boolean): boolean;
  write(bytes: Buffer | string): void;
  /** Ends it because its cursor is not valid in this log. */
  reset(): void;
  /** Ends it because its group is being removed. */
  expel(): void;
  /** Ends it; the client may reconnect. */
  end(): void;
};

/** Of what is sent to the streams of groups beside their entries. */
export type FollowerDependencies = {
  readonly core: Core;
  readonly views: Renderer;
  readonly followersOf: (group: GroupId) => Iterable<Subscriber>;
  /** Undefined when no stream here follows the group any more. */
  readonly slugOf: (group: GroupId) => string | undefined;
  readonly onError: (error: unknown) => void;
};

/** Whether it shows one thread only, so that its user does not see what else is new in the group. */
export const isOfThread = ({ listener }: Pick<Subscriber, 'listener'>): boolean => listener.filter?.thread !== undefined;

/** Whether it is a page with scripts, which is sent what surrounds the messages too. */
export const isPage = ({ listener }: Pick<Subscriber, 'listener'>): boolean => isHtml(listener.format);
