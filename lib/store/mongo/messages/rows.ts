import type { IndexDescription } from 'mongodb';
import type { BotCommand } from '../../../commands/port.ts';
import type { EphemeralRecord } from '../../../messages/ephemeral/port.ts';
import type { Saved } from '../../../messages/port.ts';
import type { Follow } from '../../../messages/threads/port.ts';
import type { Scheduled } from '../../../scheduled/port.ts';

/** `_id`: `<user>/<group>/<seq>`, and `<user>/<group>/<root>`. */
export type SavedRow = Saved & { readonly _id: string };
export type FollowRow = Follow & { readonly _id: string };

/** `_id`: `<bot>/<group, or nothing>/<name>`. */
export type CommandRow = BotCommand & { readonly _id: string };
export type EphemeralRow = Omit<EphemeralRecord, 'id'> & { readonly _id: string };
export type ScheduledRow = Omit<Scheduled, 'id'> & { readonly _id: string };

const WAITING = { due: { $gte: 0 } };

export const MESSAGE_INDEXES = {
  saved: [{ name: 'order', key: { user: 1, at: -1, group: -1, seq: -1 } }],
  follows: [
    { name: 'order', key: { user: 1, follows: 1, at: -1, group: -1, root: -1 } },
    { name: 'thread', key: { group: 1, root: 1, follows: 1, user: 1 } },
  ],
  commands: [
    { name: 'bot', key: { bot: 1, name: 1 } },
    { name: 'group', key: { group: 1 } },
  ],
  ephemerals: [
    { name: 'user', key: { user: 1, group: 1, at: -1 } },
    { name: 'group', key: { group: 1 } },
    { name: 'expiry', key: { expiresAt: 1 } },
  ],
  scheduled: [
    { name: 'order', key: { at: 1, _id: 1 }, partialFilterExpression: WAITING },
    { name: 'due', key: { due: 1 }, partialFilterExpression: WAITING },
    { name: 'author', key: { author: 1, at: 1, _id: 1 } },
    { name: 'group', key: { group: 1 } },
  ],
} satisfies Record<string, IndexDescription[]>;
