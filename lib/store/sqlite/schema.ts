import type { Connection } from './connection.ts';

/**
 * Step k (from 1) takes a file from user_version k − 1 to k. Steps that were released are never edited, only followed by new ones.
 *
 * entries: few columns and few indexes, since every message pays for each; what is never searched is JSON in `rest`. `body` is last, so that
 * the others are read without walking its overflow pages. Where a log ends is read from the primary key, which is as cheap as a stored hint
 * and spares a second write per message.
 */
export const MIGRATIONS: readonly string[] = [
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
];

/**
 * Brings the file to the newest schema, all steps in one transaction: it is either as before or done.
 * Throws a plain Error when a newer version of Parley has written the file.
 */
export function migrate(db: Connection, steps: readonly string[] = MIGRATIONS): void {
  if (versionOf(db, steps) === steps.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(versionOf(db, steps))) db.exec(step); // read again: another process may have been first
    db.exec(`PRAGMA user_version = ${steps.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction()) db.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(db: Connection, steps: readonly string[]): number {
  const version = db.one<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version <= steps.length) return version;
  throw new Error(`The database was written by a newer Parley (schema ${version}, this one knows up to ${steps.length}): update this one.`);
}
