import type { Connection } from './connection.ts';

/** What cached lookups read (lib/store/lookup-cache.ts). An update counts only if it sets one of these columns; any column where none is named. */
const READ: Readonly<Record<string, string>> = {
  users: '',
  sessions: '',
  tokens: '',
  groups: '',
  memberships: 'present, role, rev, by_user, lined, at, came_at, level, hidden, ceding, line',
  webhooks: '',
  devices: 'user_id',
};

/**
 * A step of the schema: a number that each change of these tables increments, whoever makes it. The number of commits would not do: those of the
 * thread that writes are among them, and nearly all of them are messages.
 */
export function addLookupVersion(db: Connection): void {
  db.exec(`
    CREATE TABLE lookup_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL) STRICT;
    INSERT INTO lookup_version VALUES (1, 0);
  `);
  for (const [table, columns] of Object.entries(READ))
    for (const change of ['INSERT', 'DELETE', columns === '' ? 'UPDATE' : `UPDATE OF ${columns}`])
      db.exec(`CREATE TRIGGER lookup_${table}_${change.slice(0, 6).toLowerCase()} AFTER ${change} ON ${table}
        BEGIN UPDATE lookup_version SET version = version + 1; END`);
}

const VERSION = 'SELECT version FROM lookup_version';

/** Differs from an earlier one if anything that cached lookups read has changed since. */
export const lookupVersion = (db: Connection): number | undefined => db.one<{ version: number }>(VERSION)?.version;
