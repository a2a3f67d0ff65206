/** A step of the schema. */
export const SAVED_TABLE = `
  -- Messages that users have put by.
  CREATE TABLE saved (
    user_id TEXT NOT NULL, group_id TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (user_id, group_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX saved_in_order ON saved (user_id, at, group_id, seq);
  `;

/** A step of the schema. */
export const FOLLOWS_TABLE = `
  -- Threads that users follow, or no longer follow.
  CREATE TABLE follows (
    user_id TEXT NOT NULL, group_id TEXT NOT NULL, root INTEGER NOT NULL, follows INTEGER NOT NULL, read_seq INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id, root)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX follows_in_order ON follows (user_id, at, group_id, root) WHERE follows = 1;
  CREATE INDEX follows_of_thread ON follows (group_id, root, user_id) WHERE follows = 1;
  `;

/** A step of the schema. */
export const SCHEDULED_TABLE = `
  -- Messages that wait for their time, or could not be sent.
  CREATE TABLE scheduled (
    id TEXT PRIMARY KEY, author TEXT NOT NULL, group_id TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, format TEXT NOT NULL, reply_to INTEGER,
    about TEXT, at INTEGER NOT NULL, created_at INTEGER NOT NULL, due INTEGER, claimed_until INTEGER, tries INTEGER NOT NULL, failure TEXT, mac TEXT,
    rev INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX scheduled_in_order ON scheduled (at, id) WHERE due IS NOT NULL;
  CREATE INDEX scheduled_due ON scheduled (due) WHERE due IS NOT NULL;
  CREATE INDEX scheduled_of_author ON scheduled (author, at, id);
  CREATE INDEX scheduled_in_group ON scheduled (group_id);
  `;

/** A step of the schema. */
export const COMMAND_TABLES = `
  -- Commands that bots answer. group_id: '' for every group of the bot.
  CREATE TABLE commands (
    bot TEXT NOT NULL, group_id TEXT NOT NULL, name TEXT NOT NULL, hint TEXT NOT NULL, help TEXT NOT NULL, shown INTEGER NOT NULL,
    created_at INTEGER NOT NULL, PRIMARY KEY (bot, group_id, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX commands_in_group ON commands (group_id, bot);
  -- Messages of bots that one member sees for a while.
  CREATE TABLE ephemerals (
    id TEXT PRIMARY KEY, group_id TEXT NOT NULL, user_id TEXT NOT NULL, bot TEXT NOT NULL, sealed TEXT NOT NULL, at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ephemerals_of_user ON ephemerals (user_id, group_id, at);
  CREATE INDEX ephemerals_of_group ON ephemerals (group_id);
  CREATE INDEX ephemerals_expiring ON ephemerals (expires_at);
  `;
