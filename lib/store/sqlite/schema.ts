import { CREDENTIALS_TABLE, MAIL_TABLES, OAUTH_TABLES } from './accounts/tables.ts';
import type { Connection } from './connection.ts';
import { addLookupVersion } from './lookup-version.ts';
import { COMMAND_TABLES, FOLLOWS_TABLE, SAVED_TABLE, SCHEDULED_TABLE } from './messages/tables.ts';
import { addSkeletons } from './skeletons.ts';

/** SQL; or what SQL cannot do, with what it does and the tables that it reads. */
export type Step = string | { readonly what: string; readonly over: readonly string[]; run(db: Connection): void };

/**
 * Step k (from 1) takes a file from user_version k − 1 to k. Steps that were released are never edited, only followed by new ones.
 *
 * entries: few columns and indexes, since every message pays for each; fields that no query names are JSON in `rest`. `body` is last, so that
 * the others are read without walking its overflow pages. Where a log ends is read from the primary key, which is as cheap as a stored hint
 * and spares a second write per message.
 */
export const MIGRATIONS: readonly Step[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE users (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, color INTEGER NOT NULL, password_hash TEXT,
    admin INTEGER NOT NULL, bot INTEGER NOT NULL, disabled INTEGER NOT NULL, key_version INTEGER NOT NULL, created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX users_by_age ON users (created_at, id);

  CREATE TABLE sessions (hash TEXT PRIMARY KEY, user_id TEXT, data TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_user ON sessions (user_id) WHERE user_id IS NOT NULL;
  CREATE INDEX sessions_by_expiry ON sessions (expires_at);

  CREATE TABLE tokens (
    hash TEXT PRIMARY KEY, kind TEXT NOT NULL, user_id TEXT NOT NULL, group_id TEXT, prefix TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tokens_by_user ON tokens (user_id, created_at);

  CREATE TABLE groups (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, topic TEXT NOT NULL,
    open INTEGER NOT NULL, archived INTEGER NOT NULL, code_mac TEXT NOT NULL UNIQUE, code_sealed TEXT NOT NULL, created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Every slug a group has or had.
  CREATE TABLE slugs (slug TEXT PRIMARY KEY, group_id TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE memberships (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, present INTEGER NOT NULL, role TEXT NOT NULL, rev INTEGER NOT NULL, by_user TEXT NOT NULL,
    lined INTEGER NOT NULL, at INTEGER NOT NULL, mark INTEGER NOT NULL, came_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX memberships_by_user ON memberships (user_id) WHERE present = 1;
  CREATE INDEX memberships_unlined ON memberships (at) WHERE lined = 0;

  CREATE TABLE entries (
    group_id TEXT NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL,
    uid TEXT NOT NULL, key TEXT, mac TEXT, target INTEGER, due INTEGER, rest TEXT NOT NULL, folded TEXT, body TEXT,
    PRIMARY KEY (group_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX entries_by_key ON entries (group_id, author, key) WHERE key IS NOT NULL;
  CREATE UNIQUE INDEX entries_by_n ON entries (group_id, n) WHERE kind = 'message';
  CREATE INDEX entries_by_target ON entries (group_id, target, seq) WHERE target IS NOT NULL;
  CREATE INDEX entries_due ON entries (due) WHERE due IS NOT NULL;

  -- AUTOINCREMENT: an id is never given twice, though old rows are deleted.
  CREATE TABLE signals (
    id INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, payload TEXT NOT NULL, at INTEGER NOT NULL DEFAULT (unixepoch())
  ) STRICT;
  `,
  'ALTER TABLE tokens ADD COLUMN secrets TEXT',
  'ALTER TABLE tokens ADD COLUMN name TEXT',
  `
  -- Records of files; their content is in a folder beside this database. seq: of the message that has the file. The sweep reads the files without one.
  CREATE TABLE files (
    id TEXT PRIMARY KEY, group_id TEXT NOT NULL, author TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL, width INTEGER, height INTEGER, thumb INTEGER NOT NULL, seq INTEGER, key TEXT, created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL, state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX files_loose ON files (touched_at, id) WHERE seq IS NULL;
  `,
  `
  ALTER TABLE groups ADD COLUMN kind TEXT NOT NULL DEFAULT 'group';
  ALTER TABLE groups ADD COLUMN people TEXT;
  ALTER TABLE groups ADD COLUMN code_expires_at INTEGER;
  ALTER TABLE groups ADD COLUMN code_uses_left INTEGER;
  ALTER TABLE memberships ADD COLUMN level TEXT NOT NULL DEFAULT 'mentions';
  ALTER TABLE memberships ADD COLUMN hidden INTEGER;
  ALTER TABLE memberships ADD COLUMN ceding INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Bots to call, as JSON. Behind \`body\`, where it costs a message that calls nobody one byte.
  ALTER TABLE entries ADD COLUMN pending TEXT;
  CREATE INDEX entries_pending ON entries (at) WHERE pending IS NOT NULL;

  CREATE TABLE webhooks (
    bot TEXT PRIMARY KEY, url TEXT NOT NULL, wanted TEXT NOT NULL, keywords TEXT NOT NULL, events TEXT NOT NULL, secrets TEXT NOT NULL,
    disabled TEXT, failing_since INTEGER, created_at INTEGER NOT NULL, rev INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY, bot TEXT NOT NULL, group_id TEXT NOT NULL, seq INTEGER NOT NULL, message INTEGER, reply INTEGER, event TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT, due INTEGER NOT NULL, tries INTEGER NOT NULL, attempts TEXT NOT NULL, created_at INTEGER NOT NULL,
    finished_at INTEGER, rev INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_due ON deliveries (due, id, bot) WHERE state = 'waiting';
  CREATE INDEX deliveries_of_bot ON deliveries (bot, created_at, id);
  CREATE INDEX deliveries_about ON deliveries (group_id, message) WHERE message IS NOT NULL;
  CREATE INDEX deliveries_by_reply ON deliveries (group_id, reply) WHERE reply IS NOT NULL;
  CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;
  `,
  `
  -- Words to search by, each ready-made (lib/search/searchable.ts), and of what state of a message they are. secure-delete: what is replaced leaves the index.
  CREATE VIRTUAL TABLE search USING fts5(terms, rev UNINDEXED, at UNINDEXED, tokenize = "ascii tokenchars '-.@*'", detail = none, columnsize = 0);
  INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
  -- How far each log is indexed, by the version of the rules for words.
  CREATE TABLE search_positions (
    group_id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (group_id, version)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE memberships ADD COLUMN line INTEGER;

  -- Whom messages and edits name, but for their authors; about: the message. Filled with the entry, and only where there is somebody.
  CREATE TABLE mentions (
    user_id TEXT NOT NULL, group_id TEXT NOT NULL, n INTEGER NOT NULL, seq INTEGER NOT NULL, about INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id, n, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mentions_about ON mentions (group_id, about);
  INSERT INTO mentions SELECT m.value, e.group_id, e.n, e.seq, coalesce(e.target, e.seq) FROM entries e, json_each(e.rest, '$.mentions') m
    WHERE e.kind IN ('message', 'edit') AND m.value <> e.author AND e.rest ->> 'scrubbed' IS NULL ON CONFLICT DO NOTHING;

  CREATE TABLE cursors (
    user_id TEXT NOT NULL, id TEXT NOT NULL, positions TEXT NOT NULL, used_at INTEGER NOT NULL, replaced INTEGER NOT NULL,
    PRIMARY KEY (user_id, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX cursors_unused ON cursors (replaced, used_at);
  `,
  `
  -- The messages of a group that are pinned.
  CREATE INDEX entries_pins ON entries (group_id, seq) WHERE kind = 'pin' AND rest ->> 'stands' IS NOT NULL;
  `,
  `
  -- Of a token that ends by itself.
  ALTER TABLE tokens ADD COLUMN expires_at INTEGER;
  CREATE INDEX tokens_expiring ON tokens (expires_at) WHERE expires_at IS NOT NULL;
  `,
  `
  -- Browsers that are told of messages by push.
  CREATE TABLE devices (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, session TEXT NOT NULL, sealed TEXT NOT NULL, label TEXT NOT NULL, created_at INTEGER NOT NULL,
    last_ok_at INTEGER, failures INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX devices_of_user ON devices (user_id, created_at);
  CREATE INDEX devices_of_session ON devices (session);
  `,
  SAVED_TABLE,
  `
  -- When a member last had the group open.
  ALTER TABLE memberships ADD COLUMN seen_at INTEGER;
  `,
  `
  -- Changes of groups whose line is not known to be in the log; line: JSON.
  CREATE TABLE group_changes (uid TEXT PRIMARY KEY, group_id TEXT NOT NULL, line TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- By which the erased messages of a group are counted.
  CREATE INDEX entries_erasures ON entries (group_id, kind) WHERE kind IN ('erase', 'unerase');
  `,
  `
  -- Security events, in the lists of the accounts that they concern.
  CREATE TABLE security_events (
    owner TEXT NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL, event TEXT NOT NULL, user_id TEXT, by_user TEXT, via TEXT NOT NULL, address TEXT,
    detail TEXT, PRIMARY KEY (owner, at, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX security_events_by_age ON security_events (at);
  `,
  `
  -- By which erased messages are found and counted.
  DROP INDEX entries_erasures;
  CREATE INDEX entries_erasures ON entries (group_id, target, kind) WHERE kind IN ('erase', 'unerase');
  `,
  { what: 'how the names of users look', over: ['users'], run: addSkeletons },
  `
  -- How people appear to others. status: JSON.
  ALTER TABLE users ADD COLUMN display_name TEXT;
  ALTER TABLE users ADD COLUMN status TEXT;
  ALTER TABLE users ADD COLUMN avatar TEXT;
  `,
  CREDENTIALS_TABLE,
  MAIL_TABLES,
  `
  -- The keys of contents of files, encrypted themselves.
  CREATE TABLE content_keys (id TEXT PRIMARY KEY, sealed TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `-- What people have chosen for their pages, as JSON.
  ALTER TABLE users ADD COLUMN preferences TEXT;`,
  { what: 'a count of changes of what every request looks up', over: [], run: addLookupVersion },
  `
  -- How long messages are kept, and legal hold.
  ALTER TABLE groups ADD COLUMN retention_days INTEGER;
  ALTER TABLE groups ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX groups_held ON groups (id) WHERE held = 1;
  -- By which the files of a person are summed.
  CREATE INDEX files_by_author ON files (author, bytes);
  `,
  `
  -- Groups that are being removed, and by which their files are found.
  ALTER TABLE groups ADD COLUMN deleted_at INTEGER;
  CREATE INDEX groups_deleted ON groups (deleted_at) WHERE deleted_at IS NOT NULL;
  CREATE INDEX files_by_group ON files (group_id, bytes);
  `,
  `-- Groups that a member has put first.
  ALTER TABLE memberships ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0;`,
  'CREATE INDEX users_bots ON users (created_at, id) WHERE bot = 1',
  `ALTER TABLE entries ADD COLUMN thread INTEGER;
  CREATE INDEX entries_threads ON entries (group_id, thread, seq, at) WHERE thread IS NOT NULL;`,
  FOLLOWS_TABLE,
  SCHEDULED_TABLE,
  COMMAND_TABLES,
  OAUTH_TABLES,
];
