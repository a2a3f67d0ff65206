import type { Removal, RemovalStore } from '../../../groups/port.ts';
import type { GroupId } from '../../../ids.ts';
import type { Connection } from '../connection.ts';
import type { Rewrites } from '../scrubbing.ts';
import { searchRows } from '../search.ts';
import type { WritesOf } from '../writing/remote.ts';

const NUMBER = 'SELECT number FROM groups WHERE id = ?';
const MARK = `UPDATE groups SET deleted_at = ?1, slug = 'deleted/' || id WHERE id = ?2 AND deleted_at IS NULL`;
const FREE_SLUGS = 'DELETE FROM slugs WHERE group_id = ?';
const HOLD_SLUG = `INSERT INTO slugs (slug, group_id) VALUES ('deleted/' || ?1, ?1)`;
const MARKED = 'SELECT id, deleted_at AS at FROM groups WHERE deleted_at IS NOT NULL';
const NOTE_NUMBER = `INSERT INTO settings (key, value) SELECT 'last-group-number', CAST(number AS TEXT) FROM groups WHERE id = ? AND deleted_at IS NOT NULL
  ON CONFLICT DO UPDATE SET value = CAST(max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER)) AS TEXT)`;
const REMOVE = 'DELETE FROM groups WHERE id = ? AND deleted_at IS NOT NULL';

/** What goes in one step, `?1`: the group, `?2`: how many rows of each. */
const PURGES = [
  'DELETE FROM entries WHERE group_id = ?1 AND seq IN (SELECT seq FROM entries WHERE group_id = ?1 ORDER BY seq LIMIT ?2)',
  `DELETE FROM mentions WHERE group_id = ?1 AND (user_id, n, seq) IN
    (SELECT user_id, n, seq FROM mentions INDEXED BY mentions_about WHERE group_id = ?1 LIMIT ?2)`,
  'DELETE FROM memberships WHERE group_id = ?1 AND user_id IN (SELECT user_id FROM memberships WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM saved WHERE (user_id, group_id, seq) IN (SELECT user_id, group_id, seq FROM saved WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM follows WHERE (user_id, group_id, root) IN (SELECT user_id, group_id, root FROM follows WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM commands WHERE (bot, group_id, name) IN (SELECT bot, group_id, name FROM commands WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM ephemerals WHERE id IN (SELECT id FROM ephemerals WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM scheduled WHERE id IN (SELECT id FROM scheduled WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM group_changes WHERE uid IN (SELECT uid FROM group_changes WHERE group_id = ?1 LIMIT ?2)',
  'DELETE FROM search_positions WHERE group_id = ?1 AND version IN (SELECT version FROM search_positions WHERE group_id = ?1 LIMIT ?2)',
  `DELETE FROM settings WHERE key = 'retention:' || ?1 AND ?2 > 0`,
];
const PURGE_SEARCH = 'DELETE FROM search WHERE rowid IN (SELECT rowid FROM search WHERE rowid BETWEEN ? AND ? LIMIT ?)';

export const removalWrites = (db: Connection) => ({
  mark(id: GroupId, at: number): boolean {
    if (db.run(MARK, at, id) === 0) return false;
    db.run(FREE_SLUGS, id);
    db.run(HOLD_SLUG, id);
    return true;
  },
  /** Returns the number of removed rows. */
  purge(id: GroupId, limit: number): number {
    const number = db.one<{ number: number }>(NUMBER, id)?.number;
    const found = number === undefined ? 0 : db.run(PURGE_SEARCH, ...searchRows(number), limit);
    return PURGES.reduce((sum, sql) => sum + db.run(sql, id, limit), found);
  },
  remove(id: GroupId): void {
    db.run(NOTE_NUMBER, id);
    if (db.run(REMOVE, id) === 1) db.run(FREE_SLUGS, id);
  },
});

export const removalStore = (
  db: Connection,
  writes: WritesOf<ReturnType<typeof removalWrites>>,
  journal: Rewrites['journal'],
): RemovalStore => ({
  mark: writes.mark,
  marked: async () => db.all<Removal>(MARKED).map((row) => ({ ...row })),
  async purge(id, limit) {
    const isEmpty = (await writes.purge(id, limit)) === 0;
    if (isEmpty) await journal.empty();
    return isEmpty;
  },
  remove: writes.remove,
});
