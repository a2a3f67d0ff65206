import type { ServerResponse } from 'node:http';
import type { Cursor } from './all-groups/cursor.ts';
import type { Changes } from './changes/stream.ts';
import type { FeedGroup } from './feed.ts';
import type { StreamListener } from './follower.ts';
import type { Position } from './position.ts';

/** What every stream is opened with. */
export type Opening = {
  readonly listener: StreamListener;
  readonly response: ServerResponse;
  /** Called after the stream is registered for revocations; throws to refuse it. */
  readonly authorise: () => Promise<unknown>;
  /** Sends the head of the response and what precedes the first entry. */
  readonly start: (response: ServerResponse, isChunked: boolean) => void;
};

/** `after` undefined: only new entries. */
export type GroupOpening = Opening & { readonly group: FeedGroup; readonly after: Position | undefined };

/** `begin`: where groups start that the cursor does not contain: at their heads, at their first entries, or where the user joined. */
export type AllGroupsOpening = Opening & { readonly cursor: Cursor; readonly begin: 'now' | 'start' | 'join' };

/** `isSeen`: whether the page can be seen, by which its reader is online. */
export type SidebarOpening = Opening & { readonly isSeen: boolean };

/** `changes`: what the stream follows, and what it writes. */
export type ChangesOpening = Opening & { readonly changes: Changes };
