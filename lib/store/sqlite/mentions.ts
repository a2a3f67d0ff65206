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

/** In the transaction that writes the entry: one row per mentioned person except the author. */
export function noteMentions(db: Connection, entry: Entry): void {
  if ((entry.kind !== 'message' && entry.kind !== 'edit') || !entry.mentions) return;
  const about = entry.kind === 'edit' ? entry.target : entry.seq;
  for (const user of new Set(entry.mentions)) if (user !== entry.author) db.run(INSERT, user, entry.group, entry.n, entry.seq, about);
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
