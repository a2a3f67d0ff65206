import type { Membership, MembershipStore } from '../port.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const SELECT = `SELECT group_id AS "group", user_id AS user, present AS "in", role, rev, by_user AS "by", lined, at, mark FROM memberships`;
const GET = `${SELECT} WHERE group_id = ? AND user_id = ?`;
const INSERT = `INSERT INTO memberships (present, role, rev, by_user, lined, at, came_at, mark, group_id, user_id)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`;
const CHANGE = `UPDATE memberships SET present = ?1, role = ?2, rev = ?3, by_user = ?4, lined = ?5, at = ?6,
  came_at = CASE WHEN ?1 > present THEN ?6 ELSE came_at END WHERE group_id = ?7 AND user_id = ?8 AND rev = ?3 - 1`;
const LINED = 'UPDATE memberships SET lined = 1 WHERE group_id = ? AND user_id = ? AND rev = ?';
const UNLINED = `${SELECT} WHERE lined = 0 AND at < ? ORDER BY at LIMIT ?`;
const OF_GROUP = `${SELECT} WHERE group_id = ? AND present = 1 ORDER BY came_at, user_id`;
const OF_USER = `${SELECT} WHERE user_id = ? AND present = 1`;
const MARK = 'UPDATE memberships SET mark = ?1 WHERE group_id = ?2 AND user_id = ?3 AND mark < ?1';

type MembershipRow = Omit<Membership, 'in' | 'lined'> & { readonly in: number; readonly lined: number };

export function membershipStore(db: Connection, { write }: Writer): MembershipStore {
  function put(membership: Membership): boolean {
    const { group, user, role, rev, by, at, mark } = membership;
    const changed = [Number(membership.in), role, rev, by, Number(membership.lined), at];
    return (rev === 1 ? db.run(INSERT, ...changed, mark, group, user) : db.run(CHANGE, ...changed, group, user)) === 1;
  }

  return {
    async get(group, user) {
      const row = db.one<MembershipRow>(GET, group, user);
      return row && toMembership(row);
    },
    put: (membership) => write(() => put(membership)),
    lined: async (group, user, rev) => {
      await write(() => db.run(LINED, group, user, rev));
    },
    unlined: async (before, limit) => db.all<MembershipRow>(UNLINED, before, limit).map(toMembership),
    ofGroup: async (group) => db.all<MembershipRow>(OF_GROUP, group).map(toMembership),
    ofUser: async (user) => db.all<MembershipRow>(OF_USER, user).map(toMembership),
    mark: async (group, user, n) => {
      await write(() => db.run(MARK, n, group, user));
    },
  };
}

function toMembership(row: MembershipRow): Membership {
  return { ...row, in: row.in === 1, lined: row.lined === 1 };
}
