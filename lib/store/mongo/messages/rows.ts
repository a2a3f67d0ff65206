import type { IndexDescription } from 'mongodb';
import type { Saved } from '../../../messages/port.ts';
import type { Follow } from '../../../messages/threads/port.ts';
import type { Scheduled } from '../../../scheduled/port.ts';

/** `_id`: `<user>/<group>/<seq>`, and `<user>/<group>/<root>`. */
export type SavedRow = Saved & { readonly _id: string };
export type FollowRow = Follow & { readonly _id: string };

export type ScheduledRow = Omit<Scheduled, 'id'> & { readonly _id: string };

const WAITING = { due: { $gte: 0 } };

export const MESSAGE_INDEXES = {
  saved: [{ name: 'order', key: { user: 1, at: -1, group: -1, seq: -1 } }],
  follows: [
    { name: 'order', key: { user: 1, follows: 1, at: -1, group: -1, root: -1 } },
    { name: 'thread', key: { group: 1, root: 1, follows: 1, user: 1 } },
  ],
  scheduled: [
    { name: 'order', key: { at: 1, _id: 1 }, partialFilterExpression: WAITING },
    { name: 'due', key: { due: 1 }, partialFilterExpression: WAITING },
    { name: 'author', key: { author: 1, at: 1, _id: 1 } },
    { name: 'group', key: { group: 1 } },
  ],
} satisfies Record<string, IndexDescription[]>;
