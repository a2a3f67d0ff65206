import type { Membership, MembershipStore, Preferences } from '../../groups/port.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Connection } from './connection.ts';
import { type Columns, mapping } from './mapping.ts';
import { assignments } from './patch.ts';
import type { WritesOf } from './writing/remote.ts';

export const MEMBERSHIP_COLUMNS: Columns<Membership> = {
  group: 'group_id',
  user: 'user_id',
  in: ['present', 'boolean'],
  role: 'role',
  rev: 'rev',
  by: 'by_user',
  lined: ['lined', 'boolean'],
  line: ['line', 'optional'],
  at: 'at',
  mark: 'mark',
  level: 'level',
  hidden: 'hidden',
  ceding: ['ceding', 'boolean'],
  favourite: ['favourite', 'flag'],
  seen: ['seen_at', 'optional'],
};
const MEMBERSHIPS = mapping<Membership>('memberships', MEMBERSHIP_COLUMNS);
const GET = `${MEMBERSHIPS.select} WHERE group_id = ? AND user_id = ?`;
const INSERT = `INSERT INTO memberships (present, role, rev, by_user, lined, at, ceding, group_id, user_id, came_at, mark, level, hidden)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?6, ?10, ?11, ?12) ON CONFLICT DO NOTHING`;
const CHANGE = `UPDATE memberships SET present = ?1, role = ?2, rev = ?3, by_user = ?4, lined = ?5, at = ?6, ceding = ?7,
  came_at = CASE WHEN ?1 > present THEN ?6 ELSE came_at END WHERE group_id = ?8 AND user_id = ?9 AND rev = ?3 - 1`;
const LINED = 'UPDATE memberships SET lined = 1, line = ? WHERE group_id = ? AND user_id = ? AND rev = ?';
const UNLINED = `${MEMBERSHIPS.select} WHERE lined = 0 AND at < ? ORDER BY at LIMIT ?`;
const OF_GROUP = `${MEMBERSHIPS.select} WHERE group_id = ? AND present = 1 ORDER BY came_at, user_id`;
const SOME_OF = 'SELECT user_id AS user FROM memberships WHERE group_id = ? AND present = 1 LIMIT ?';
const OF_USER = `${MEMBERSHIPS.select} WHERE user_id = ? AND present = 1`;
const PREFER = 'UPDATE memberships SET';
const MARK = 'UPDATE memberships SET mark = ?1 WHERE group_id = ?2 AND user_id = ?3 AND mark < ?1';
const UNMARK = 'UPDATE memberships SET mark = ?1 WHERE group_id = ?2 AND user_id = ?3 AND mark > ?1';
const SEEN = 'UPDATE memberships SET seen_at = ?1 WHERE group_id = ?2 AND user_id = ?3 AND coalesce(seen_at, 0) < ?1';

const PREFERRED: { readonly [F in keyof Preferences]-?: string } = { level: 'level', hidden: 'hidden', favourite: 'favourite' };

export const membershipWrites = (db: Connection) => ({
  put(membership: Membership): boolean {
    const { group, user, role, rev, by, at, mark, level, hidden } = membership;
    const changed = [Number(membership.in), role, rev, by, Number(membership.lined), at, Number(membership.ceding), group, user];
    return (rev === 1 ? db.run(INSERT, ...changed, mark, level, hidden) : db.run(CHANGE, ...changed)) === 1;
  },
  markAnnounced: (group: GroupId, user: UserId, rev: number, line: number) => void db.run(LINED, line, group, user, rev),
  setPreferences(group: GroupId, user: UserId, preferences: Preferences): boolean {
    const { sets, values } = assignments(preferences, PREFERRED);
    // The first assignment changes nothing: it lets an empty choice find its row.
    return db.run(`${PREFER} ${['mark = mark', ...sets].join()} WHERE group_id = ? AND user_id = ?`, ...values, group, user) === 1;
  },
  advanceMark: (group: GroupId, user: UserId, n: number) => db.run(MARK, n, group, user) === 1,
  rewindMark: (group: GroupId, user: UserId, n: number) => db.run(UNMARK, n, group, user) === 1,
  setLastSeen: (group: GroupId, user: UserId, at: number) => void db.run(SEEN, at, group, user),
});

export const membershipStore = (db: Connection, writes: WritesOf<ReturnType<typeof membershipWrites>>): MembershipStore => ({
  ...writes,
  async get(group, user) {
    const row = db.one(GET, group, user);
    return row && MEMBERSHIPS.read(row);
  },
  listUnannounced: async (before, limit) => db.all(UNLINED, before, limit).map(MEMBERSHIPS.read),
  ofGroup: async (group) => db.all(OF_GROUP, group).map(MEMBERSHIPS.read),
  someOf: async (group, limit) => db.all<{ user: UserId }>(SOME_OF, group, limit).map(({ user }) => user),
  ofUser: async (user) => db.all(OF_USER, user).map(MEMBERSHIPS.read),
});
