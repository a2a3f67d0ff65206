import type { BackupStore, Collection, Snapshot, StoredRecord } from '../../backup/port.ts';
import type { Group, GroupChange, Membership } from '../../groups/port.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Entry, Head } from '../../log/entry.ts';
import type { Saved } from '../../messages/port.ts';
import { CREDENTIALS } from './accounts/credentials.ts';
import { ADDRESSES, LINKS, MAILS } from './accounts/mail.ts';
import { OAUTH_CLIENTS, OAUTH_GRANTS } from './accounts/oauth.ts';
import type { Connection } from './connection.ts';
import { DELIVERIES } from './deliveries.ts';
import { ENTRY_COLUMNS, type EntryRow, entryOf, valuesOf } from './entries.ts';
import { FILES } from './files.ts';
import { type Mapping, mapping } from './mapping.ts';
import { MEMBERSHIP_COLUMNS } from './memberships.ts';
import { mentionedIn, noteMentions } from './mentions.ts';
import { COMMANDS } from './messages/commands.ts';
import { FOLLOWS } from './messages/follows.ts';
import { SCHEDULED } from './messages/scheduled.ts';
import { DEVICES } from './push.ts';
import { EVENTS } from './security.ts';
import { SESSIONS } from './sessions.ts';
import { TOKENS } from './tokens.ts';
import { USERS } from './users.ts';
import { WEBHOOKS } from './webhooks.ts';
import type { WritesOf } from './writing/remote.ts';

type Came = Membership & { readonly came: number };
type Cursor = {
  readonly id: string;
  readonly user: UserId;
  readonly positions: unknown;
  readonly usedAt: number;
  readonly replaced: boolean;
};
type StoredGroup = Omit<Group, 'head'> & { readonly deletedAt?: number };

const GROUPS = mapping<StoredGroup>('groups', {
  id: 'id',
  kind: 'kind',
  people: ['people', 'json'],
  number: 'number',
  slug: 'slug',
  name: 'name',
  topic: 'topic',
  open: ['open', 'boolean'],
  archived: ['archived', 'boolean'],
  codeMac: 'code_mac',
  codeSealed: 'code_sealed',
  codeExpiresAt: 'code_expires_at',
  codeUsesLeft: 'code_uses_left',
  createdAt: 'created_at',
  retentionDays: ['retention_days', 'optional'],
  held: ['held', 'flag'],
  deletedAt: ['deleted_at', 'optional'],
});

type Table = { readonly mapping: Mapping<StoredRecord>; readonly key: string };

/** A table, and the key by which its records are sorted: the `_id` that MongoDB has. */
const table = <T extends object>(mapped: Mapping<T>, key: string): Table => ({ mapping: mapped as unknown as Mapping<StoredRecord>, key });

const TABLES: { readonly [C in Exclude<Collection, 'groups'>]: Table } = {
  settings: table(mapping<{ key: string; value: string }>('settings', { key: 'key', value: 'value' }), 'key'),
  users: table(USERS, 'id'),
  sessions: table(SESSIONS, 'hash'),
  tokens: table(TOKENS, 'hash'),
  credentials: table(CREDENTIALS, 'id'),
  memberships: table(mapping<Came>('memberships', { ...MEMBERSHIP_COLUMNS, came: 'came_at' }), "group_id || '/' || user_id"),
  webhooks: table(WEBHOOKS, 'bot'),
  deliveries: table(DELIVERIES, 'id'),
  devices: table(DEVICES, 'id'),
  cursors: table(
    mapping<Cursor>('cursors', {
      id: 'id',
      user: 'user_id',
      positions: ['positions', 'json'],
      usedAt: 'used_at',
      replaced: ['replaced', 'boolean'],
    }),
    'id',
  ),
  saved: table(
    mapping<Saved>('saved', { user: 'user_id', group: 'group_id', seq: 'seq', at: 'at' }),
    "user_id || '/' || group_id || '/' || seq",
  ),
  follows: table(FOLLOWS, "user_id || '/' || group_id || '/' || root"),
  commands: table(COMMANDS, "bot || '/' || group_id || '/' || name"),
  scheduled: table(SCHEDULED, 'id'),
  security: table(EVENTS, "owner || '/' || id"),
  addresses: table(ADDRESSES, 'user_id'),
  links: table(LINKS, 'hash'),
  mails: table(MAILS, 'id'),
  oauthClients: table(OAUTH_CLIENTS, 'id'),
  oauthGrants: table(OAUTH_GRANTS, 'id'),
  files: table(FILES, 'id'),
};

// Goes from group to group by the primary key: DISTINCT would read every entry.
const LOGS = `WITH RECURSIVE logs (id) AS (SELECT min(group_id) FROM entries
  UNION ALL SELECT (SELECT min(group_id) FROM entries WHERE group_id > logs.id) FROM logs WHERE logs.id IS NOT NULL)
  SELECT e.group_id AS "group", e.seq, e.n, e.at FROM logs JOIN entries e
  ON e.group_id = logs.id AND e.seq = (SELECT max(seq) FROM entries WHERE group_id = logs.id)`;
const ENTRIES = `SELECT ${ENTRY_COLUMNS} FROM entries WHERE group_id = ? AND seq BETWEEN ? AND ? ORDER BY seq`;
const PUT_ENTRY = `INSERT OR REPLACE INTO entries (${ENTRY_COLUMNS}) VALUES (${ENTRY_COLUMNS.replaceAll(/\w+/g, '?')})`;
const FORGET_MENTIONS = 'DELETE FROM mentions WHERE group_id = ? AND seq = ?';
const SLUGS = 'SELECT slug FROM slugs WHERE group_id = ? ORDER BY slug';
const PUT_SLUG = 'INSERT OR REPLACE INTO slugs (slug, group_id) VALUES (?, ?)';
const CHANGES = 'SELECT line, at FROM group_changes WHERE group_id = ? ORDER BY uid';
const PUT_CHANGE = 'INSERT OR REPLACE INTO group_changes (uid, group_id, line, at) VALUES (?, ?, ?, ?)';
const IS_USED = 'SELECT 1 FROM users UNION ALL SELECT 1 FROM groups UNION ALL SELECT 1 FROM entries LIMIT 1';

/** `openSnapshot` opens a connection of its own: its read transaction stays at one point while others write. */
export const backupStore = (
  db: Connection,
  writes: WritesOf<ReturnType<typeof backupWrites>>,
  openSnapshot: () => Connection,
): BackupStore => ({
  ...writes,
  snapshot: async () => snapshotOn(openSnapshot()),
  isEmpty: async () => db.one(IS_USED) === undefined,
  putHeads: async () => {}, // read from the entries
});

export const backupWrites = (db: Connection) => ({
  putRecords(name: Collection, records: readonly StoredRecord[]): void {
    for (const record of records) name === 'groups' ? putGroup(db, record) : putRecord(db, TABLES[name], record);
  },
  putEntries(group: GroupId, entries: readonly Entry[]): void {
    for (const entry of entries) putEntry(db, group, entry);
  },
});

function snapshotOn(db: Connection): Snapshot {
  db.exec('BEGIN');
  const ends = db.all<Head & { readonly group: GroupId }>(LOGS); // the first read fixes the point in time
  const heads = new Map(ends.map(({ group, seq, n, at }) => [group, { seq, n, at }]));
  return {
    heads,
    records: (name) => (name === 'groups' ? groupsOf(db) : recordsOf(db, name)),
    entries: async (group, from, to) => db.all<EntryRow>(ENTRIES, group, from, to).map(entryOf),
    close: async () => db.close(),
  };
}

function* recordsOf(db: Connection, name: Exclude<Collection, 'groups'>): Iterable<StoredRecord> {
  const { mapping, key } = TABLES[name];
  for (const row of db.each(`${mapping.select} ORDER BY ${key}`)) yield mapping.read(row);
}

const putRecord = (db: Connection, { mapping }: Table, record: StoredRecord): void =>
  void db.run(mapping.replace, ...mapping.values(record));

/** With every slug that the group has or had, and its changes whose entry is not known to be in the log. */
function* groupsOf(db: Connection): Iterable<StoredRecord> {
  for (const row of db.all(`${GROUPS.select} ORDER BY id`)) {
    const group = GROUPS.read(row);
    const slugs = db.all<{ slug: string }>(SLUGS, group.id).map(({ slug }) => slug);
    const changes = db.all<{ line: string; at: number }>(CHANGES, group.id).map(({ line, at }) => ({ line: JSON.parse(line), at }));
    yield { ...group, slugs, changes };
  }
}

function putGroup(db: Connection, record: StoredRecord): void {
  const { slugs, changes, ...group } = record as StoredGroup & { slugs: readonly string[]; changes: readonly GroupChange[] };
  db.run(GROUPS.replace, ...GROUPS.values(group));
  for (const slug of slugs) db.run(PUT_SLUG, slug, group.id);
  for (const { line, at } of changes) db.run(PUT_CHANGE, line.uid, group.id, JSON.stringify(line), at);
}

function putEntry(db: Connection, group: GroupId, entry: Entry): void {
  db.run(PUT_ENTRY, group, ...valuesOf(entry));
  db.run(FORGET_MENTIONS, group, entry.seq);
  const mentioned = 'scrubbed' in entry ? undefined : mentionedIn(entry);
  if (mentioned) noteMentions(db, mentioned);
}
