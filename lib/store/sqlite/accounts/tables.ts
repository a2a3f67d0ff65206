/** A step of the schema. */
export const CREDENTIALS_TABLE = `
  -- By which people log in besides their password: authenticator apps, recovery codes.
  CREATE TABLE credentials (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, kind TEXT NOT NULL, sealed TEXT NOT NULL, label TEXT NOT NULL, counter INTEGER NOT NULL,
    created_at INTEGER NOT NULL, last_used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX credentials_of_user ON credentials (user_id, created_at);
  `;

/** A step of the schema. */
export const MAIL_TABLES = `
  -- Where people get mail, the links that were sent to them, and what is to be sent.
  CREATE TABLE mail_addresses (
    user_id TEXT PRIMARY KEY, mac TEXT NOT NULL, sealed TEXT NOT NULL, confirmed_at INTEGER NOT NULL, digest INTEGER NOT NULL,
    digest_due INTEGER NOT NULL, digest_up_to INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mail_addresses_by_mac ON mail_addresses (mac);
  CREATE INDEX mail_addresses_due ON mail_addresses (digest_due) WHERE digest = 1;
  CREATE TABLE mail_links (hash TEXT PRIMARY KEY, kind TEXT NOT NULL, user_id TEXT, sealed TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX mail_links_of_user ON mail_links (user_id) WHERE user_id IS NOT NULL;
  CREATE INDEX mail_links_by_expiry ON mail_links (expires_at);
  CREATE TABLE mails (
    id TEXT PRIMARY KEY, sealed TEXT NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL, created_at INTEGER NOT NULL, rev INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mails_due ON mails (due, id);
  `;
