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

/** A step of the schema. */
export const OAUTH_TABLES = `
  -- Programs that people may connect, and what they have allowed them: codes and tokens, as hashes.
  CREATE TABLE oauth_clients (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, redirect_uris TEXT NOT NULL, secret TEXT, source TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX oauth_clients_added ON oauth_clients (created_at, id) WHERE source = 'added';
  CREATE INDEX oauth_clients_by_expiry ON oauth_clients (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE oauth_grants (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, client_name TEXT NOT NULL, user_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT NOT NULL,
    resource TEXT NOT NULL, redeemed INTEGER NOT NULL, current TEXT NOT NULL, access TEXT NOT NULL, created_at INTEGER NOT NULL,
    last_used_at INTEGER, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX oauth_grants_of_user ON oauth_grants (user_id, created_at, id);
  CREATE INDEX oauth_grants_of_client ON oauth_grants (client, created_at, id);
  CREATE INDEX oauth_grants_by_expiry ON oauth_grants (expires_at);
  `;
