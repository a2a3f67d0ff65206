import type { UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import { type LogStore, MAX_MENTIONS_COUNTED } from '../../log/port.ts';
import { EVERYBODY } from '../../markup/mentions.ts';
import type { Connection } from './connection.ts';

const INSERT = 'INSERT INTO mentions (user_id, group_id, n, seq, about) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';
const FORGET = 'DELETE FROM mentions WHERE group_id = ? AND about = ?';
// An author is not counted as mentioned by their own @all.
const NOT_OWN = `(user_id = ?1 OR (SELECT author FROM entries e WHERE e.group_id = mentions.group_id AND e.seq = mentions.seq) <> ?1)`;
const COUNT = `SELECT t.value ->> 'group' AS "group", (SELECT count(*) FROM (SELECT DISTINCT about FROM mentions
  WHERE user_id IN (?1, '${EVERYBODY.id}') AND group_id = t.value ->> 'group' AND n > t.value ->> 'after' AND ${NOT_OWN} LIMIT ${MAX_MENTIONS_COUNTED})) AS count
  FROM json_each(?2) t`;

/** Whom an entry mentions, except its author. `about`: the message. */
export type Mentioned = Pick<Entry, 'group' | 'n' | 'seq'> & { readonly about: number; readonly users: readonly UserId[] };

export function mentionedIn(entry: Entry): Mentioned | undefined {
  if ((entry.kind !== 'message' && entry.kind !== 'edit') || !entry.mentions) return undefined;
  const { group, n, seq, author } = entry;
  const users = [...new Set(entry.mentions)].filter((user) => user !== author);
  return { group, n, seq, about: entry.kind === 'edit' ? entry.target : seq, users };
}

/** In the transaction that writes the entry: one row per mentioned person. */
export function noteMentions(db: Connection, { group, n, seq, about, users }: Mentioned): void {
  for (const user of users) db.run(INSERT, user, group, n, seq, about);
}

/** In the transaction that empties a message: removes its mentions. */
export function forgetMentions(db: Connection, { group, seq }: Pick<Entry, 'group' | 'seq'>): void {
  db.run(FORGET, group, seq);
}

export const mentionCounts = (db: Connection): Pick<LogStore, 'countMentions'> => ({
  countMentions: async (user, asked) => {
    const rows = asked.length === 0 ? [] : db.all<{ group: Entry['group']; count: number }>(COUNT, user, JSON.stringify(asked));
    return new Map(rows.map(({ group, count }) => [group, count]));
  },
});
