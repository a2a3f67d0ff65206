import type { Membership, MembershipStore, Preferences } from '../../groups/port.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import { assignments } from './patch.ts';
import type { Writer } from './writer.ts';

const MEMBERSHIPS = mapping<Membership>('memberships', {
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
  seen: ['seen_at', 'optional'],
});
const GET = `${MEMBERSHIPS.select} WHERE group_id = ? AND user_id = ?`;
const INSERT = `INSERT INTO memberships (present, role, rev, by_user, lined, at, ceding, group_id, user_id, came_at, mark, level, hidden)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?6, ?10, ?11, ?12) ON CONFLICT DO NOTHING`;
const CHANGE = `UPDATE memberships SET present = ?1, role = ?2, rev = ?3, by_user = ?4, lined = ?5, at = ?6, ceding = ?7,
  came_at = CASE WHEN ?1 > present THEN ?6 ELSE came_at END WHERE group_id = ?8 AND user_id = ?9 AND rev = ?3 - 1`;
const LINED = 'UPDATE memberships SET lined = 1, line = ? WHERE group_id = ? AND user_id = ? AND rev = ?';
const UNLINED = `${MEMBERSHIPS.select} WHERE lined = 0 AND at < ? ORDER BY at LIMIT ?`;
const OF_GROUP = `${MEMBERSHIPS.select} WHERE group_id = ? AND present = 1 ORDER BY came_at, user_id`;
const OF_USER = `${MEMBERSHIPS.select} WHERE user_id = ? AND present = 1`;
const PREFER = 'UPDATE memberships SET';
const MARK = 'UPDATE memberships SET mark = ?1 WHERE group_id = ?2 AND user_id = ?3 AND mark < ?1';
const UNMARK = 'UPDATE memberships SET mark = ?1 WHERE group_id = ?2 AND user_id = ?3 AND mark > ?1';
const SEEN = 'UPDATE memberships SET seen_at = ?1 WHERE group_id = ?2 AND user_id = ?3 AND coalesce(seen_at, 0) < ?1';

const PREFERRED: { readonly [F in keyof Preferences]-?: string } = { level: 'level', hidden: 'hidden' };

export function membershipStore(db: Connection, { write }: Writer): MembershipStore {
  function put(membership: Membership): boolean {
    const { group, user, role, rev, by, at, mark, level, hidden } = membership;
    const changed = [Number(membership.in), role, rev, by, Number(membership.lined), at, Number(membership.ceding), group, user];
    return (rev === 1 ? db.run(INSERT, ...changed, mark, level, hidden) : db.run(CHANGE, ...changed)) === 1;
  }

  return {
    async get(group, user) {
      const row = db.one(GET, group, user);
      return row && MEMBERSHIPS.read(row);
    },
    put: (membership) => write(() => put(membership)),
    markAnnounced: async (group, user, rev, line) => {
      await write(() => db.run(LINED, line, group, user, rev));
    },
    listUnannounced: async (before, limit) => db.all(UNLINED, before, limit).map(MEMBERSHIPS.read),
    ofGroup: async (group) => db.all(OF_GROUP, group).map(MEMBERSHIPS.read),
    ofUser: async (user) => db.all(OF_USER, user).map(MEMBERSHIPS.read),
    setPreferences: (group, user, preferences) => {
      const { sets, values } = assignments(preferences, PREFERRED);
      // The first assignment changes nothing: it lets an empty choice find its row.
      return write(
        () => db.run(`${PREFER} ${['mark = mark', ...sets].join()} WHERE group_id = ? AND user_id = ?`, ...values, group, user) === 1,
      );
    },
    advanceMark: (group, user, n) => write(() => db.run(MARK, n, group, user) === 1),
    rewindMark: (group, user, n) => write(() => db.run(UNMARK, n, group, user) === 1),
    setLastSeen: async (group, user, at) => {
      await write(() => db.run(SEEN, at, group, user));
    },
  };
}
