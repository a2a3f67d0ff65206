import type { Group, GroupChange, GroupPatch, GroupStore } from '../../../groups/port.ts';
import type { GroupId, UserId } from '../../../ids.ts';
import { EMPTY_HEAD } from '../../../log/entry.ts';
import type { Connection } from '../connection.ts';
import { assignments } from '../patch.ts';
import type { WritesOf } from '../writing/remote.ts';

const SELECT = `SELECT g.id, g.kind, g.people, g.number, g.slug, g.name, g.topic, g.open, g.archived, g.code_mac AS codeMac, g.code_sealed AS codeSealed,
  g.code_expires_at AS codeExpiresAt, g.code_uses_left AS codeUsesLeft, g.created_at AS createdAt, g.retention_days AS retentionDays, g.held, e.seq AS headSeq, e.n AS headN, e.at AS headAt
  FROM (SELECT * FROM groups WHERE deleted_at IS NULL) g LEFT JOIN entries e ON e.group_id = g.id AND e.seq = (SELECT max(seq) FROM entries WHERE group_id = g.id)`;
/** The highest number of a removed group: numbers are never given twice. */
const LAST_NUMBER = "coalesce((SELECT CAST(value AS INTEGER) FROM settings WHERE key = 'last-group-number'), 0)";
const BY_ID = `${SELECT} WHERE g.id = ?`;
const BY_IDS = `${SELECT} WHERE g.id IN (SELECT value FROM json_each(?))`;
const BY_SLUG = `${SELECT} WHERE g.id = (SELECT group_id FROM slugs WHERE slug = ?)`;
const BY_NUMBER = `${SELECT} WHERE g.number = ?`;
const BY_CODE_MAC = `${SELECT} WHERE g.code_mac = ?`;
const LIST = `${SELECT} WHERE g.number > ?1 AND (?2 IS NULL OR g.open = ?2) AND (?3 IS NULL OR g.kind = ?3) ORDER BY g.number LIMIT ?4`;
const HELD = 'SELECT id FROM groups WHERE held = 1 AND deleted_at IS NULL';
const COUNT = 'SELECT count(*) AS count FROM groups WHERE kind = ? AND deleted_at IS NULL';
const TAKE_USE = `UPDATE groups SET code_uses_left = code_uses_left - 1 WHERE id = ? AND code_mac = ? AND deleted_at IS NULL
  AND (code_expires_at IS NULL OR code_expires_at > ?) AND (code_uses_left IS NULL OR code_uses_left > 0)`;
const GIVE_USE_BACK = 'UPDATE groups SET code_uses_left = code_uses_left + 1 WHERE id = ? AND code_mac = ? AND code_uses_left IS NOT NULL';
const INSERT = `INSERT INTO groups (number, id, kind, people, slug, name, topic, open, archived, code_mac, code_sealed, code_expires_at,
  code_uses_left, created_at) VALUES ((SELECT max(coalesce(max(number), 0), ${LAST_NUMBER}) + 1 FROM groups), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const RESERVE = 'INSERT INTO slugs (slug, group_id) VALUES (?, ?) ON CONFLICT DO NOTHING';
const SLUG_TAKEN = 'SELECT 1 FROM slugs WHERE slug = ? AND group_id <> ?';
const CODE_TAKEN = 'SELECT 1 FROM groups WHERE code_mac = ? AND id <> ?';

const PUT_CHANGE = 'INSERT INTO group_changes (uid, group_id, line, at) VALUES (?, ?, ?, ?)';
const DROP_CHANGE = 'DELETE FROM group_changes WHERE uid = ? AND group_id = ?';
const CHANGES = 'SELECT group_id AS "group", line, at FROM group_changes WHERE at < ? ORDER BY at LIMIT ?';

const PATCHED: { readonly [F in keyof GroupPatch]-?: string } = {
  name: 'name',
  slug: 'slug',
  topic: 'topic',
  open: 'open',
  archived: 'archived',
  codeMac: 'code_mac',
  codeSealed: 'code_sealed',
  codeExpiresAt: 'code_expires_at',
  codeUsesLeft: 'code_uses_left',
  retentionDays: 'retention_days',
  held: 'held',
};

type ChangeRow = { readonly group: GroupId; readonly line: string; readonly at: number };

type GroupRow = Omit<Group, 'people' | 'open' | 'archived' | 'head' | 'retentionDays' | 'held'> & {
  readonly people: string | null;
  readonly open: number;
  readonly archived: number;
  readonly retentionDays: number | null;
  readonly held: number;
  readonly headSeq: number | null;
  readonly headN: number;
  readonly headAt: number;
};

export function groupWrites(db: Connection) {
  /** Which unique value belongs to another group. */
  function taken(id: GroupId, { slug, codeMac }: GroupPatch): 'slug' | 'code' | undefined {
    if (slug !== undefined && db.one(SLUG_TAKEN, slug, id)) return 'slug';
    if (codeMac !== undefined && db.one(CODE_TAKEN, codeMac, id)) return 'code';
    return undefined;
  }

  function insert(group: Omit<Group, 'number' | 'head'>): Group | 'slug' | 'code' {
    const refused = taken(group.id, group);
    if (refused) return refused;
    db.run(INSERT, ...valuesOf(group));
    db.run(RESERVE, group.slug, group.id);
    return oneOf(db, BY_ID, group.id) ?? 'slug';
  }

  function update(id: GroupId, patch: GroupPatch, change?: GroupChange): 'done' | 'missing' | 'slug' | 'code' {
    const refused = taken(id, patch);
    if (refused) return oneOf(db, BY_ID, id) ? refused : 'missing';
    const { sets, values } = assignments(patch, PATCHED);
    // The first assignment changes nothing: it lets an empty patch find its row.
    if (db.run(`UPDATE groups SET ${['number = number', ...sets].join()} WHERE id = ? AND deleted_at IS NULL`, ...values, id) === 0)
      return 'missing';
    if (patch.slug !== undefined) db.run(RESERVE, patch.slug, id);
    if (change) db.run(PUT_CHANGE, change.line.uid, id, JSON.stringify(change.line), change.at);
    return 'done';
  }

  return {
    insert,
    update,
    markAnnounced: (id: GroupId, uid: string) => void db.run(DROP_CHANGE, uid, id),
    takeUse: (id: GroupId, codeMac: string, now: number) => db.run(TAKE_USE, id, codeMac, now) === 1,
    returnUse: (id: GroupId, codeMac: string) => void db.run(GIVE_USE_BACK, id, codeMac),
  };
}

export const groupStore = (db: Connection, writes: WritesOf<ReturnType<typeof groupWrites>>): GroupStore => ({
  ...writes,
  byId: async (id) => oneOf(db, BY_ID, id),
  byIds: async (ids) => db.all<GroupRow>(BY_IDS, JSON.stringify(ids)).map(toGroup),
  bySlug: async (slug) => oneOf(db, BY_SLUG, slug),
  byNumber: async (number) => oneOf(db, BY_NUMBER, number),
  byCodeMac: async (codeMac) => oneOf(db, BY_CODE_MAC, codeMac),
  list: async ({ limit, open, kind, afterNumber }) =>
    db.all<GroupRow>(LIST, afterNumber ?? 0, open === undefined ? null : Number(open), kind ?? null, limit).map(toGroup),
  held: async () => db.all<{ id: GroupId }>(HELD).map(({ id }) => id),
  count: async (kind) => db.one<{ count: number }>(COUNT, kind)?.count ?? 0,
  listUnannounced: async (before, limit) =>
    db
      .all<ChangeRow>(CHANGES, before, limit)
      .map(({ group, line, at }) => ({ group, change: { line: JSON.parse(line) as GroupChange['line'], at } })),
});

function oneOf(db: Connection, sql: string, value: string | number): Group | undefined {
  const row = db.one<GroupRow>(sql, value);
  return row && toGroup(row);
}

const valuesOf = (group: Omit<Group, 'number' | 'head'>) => [
  group.id,
  group.kind,
  group.people && JSON.stringify(group.people),
  group.slug,
  group.name,
  group.topic,
  Number(group.open),
  Number(group.archived),
  group.codeMac,
  group.codeSealed,
  group.codeExpiresAt,
  group.codeUsesLeft,
  group.createdAt,
];

function toGroup(row: GroupRow): Group {
  const { people, retentionDays } = row;
  return {
    id: row.id,
    kind: row.kind,
    people: people === null ? null : (JSON.parse(people) as UserId[]),
    number: row.number,
    slug: row.slug,
    name: row.name,
    topic: row.topic,
    open: row.open === 1,
    archived: row.archived === 1,
    codeMac: row.codeMac,
    codeSealed: row.codeSealed,
    codeExpiresAt: row.codeExpiresAt,
    codeUsesLeft: row.codeUsesLeft,
    createdAt: row.createdAt,
    ...(retentionDays === null ? undefined : { retentionDays }),
    ...(row.held === 1 ? { held: true as const } : undefined),
    head: row.headSeq === null ? EMPTY_HEAD : { seq: row.headSeq, n: row.headN, at: row.headAt },
  };
}
