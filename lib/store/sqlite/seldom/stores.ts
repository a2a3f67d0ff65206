import type { Store } from '../../port.ts';
import { credentialStore, credentialWrites } from '../accounts/credentials.ts';
import { addressStore, addressWrites, linkStore, linkWrites, mailStore, mailWrites } from '../accounts/mail.ts';
import { oauthClientStore, oauthClientWrites, oauthGrantStore, oauthGrantWrites } from '../accounts/oauth.ts';
import { backupStore, backupWrites } from '../backup.ts';
import type { Connection } from '../connection.ts';
import { cursorStore, cursorWrites } from '../cursors.ts';
import { deliveryStore, deliveryWrites } from '../deliveries.ts';
import { contentKeyStore, contentKeyWrites, fileStore, fileWrites } from '../files.ts';
import { openFolder } from '../files-folder.ts';
import { removalStore, removalWrites } from '../groups/removals.ts';
import { commandStore, commandWrites } from '../messages/commands.ts';
import { ephemeralStore, ephemeralWrites } from '../messages/ephemerals.ts';
import { followStore, followWrites } from '../messages/follows.ts';
import { savedStore, savedWrites } from '../messages/saved.ts';
import { scheduledStore, scheduledWrites } from '../messages/scheduled.ts';
import { pushStore, pushWrites } from '../push.ts';
import type { Rewrites } from '../scrubbing.ts';
import { searchStore, searchWrites } from '../search.ts';
import { securityStore, securityWrites } from '../security.ts';
import { sessionStore, sessionWrites } from '../sessions.ts';
import { tokenStore, tokenWrites } from '../tokens.ts';
import { webhookStore, webhookWrites } from '../webhooks.ts';
import { type Job, queued } from '../writing/remote.ts';
import type { SeldomName } from './lazy.ts';

/** As `writesOn`, of the stores that are loaded lazily. */
export const seldomWritesOn = (db: Connection) => ({
  sessions: sessionWrites(db),
  tokens: tokenWrites(db),
  credentials: credentialWrites(db),
  removals: removalWrites(db),
  cursors: cursorWrites(db),
  saved: savedWrites(db),
  follows: followWrites(db),
  commands: commandWrites(db),
  ephemerals: ephemeralWrites(db),
  scheduled: scheduledWrites(db),
  files: fileWrites(db),
  contentKeys: contentKeyWrites(db),
  webhooks: webhookWrites(db),
  deliveries: deliveryWrites(db),
  push: pushWrites(db),
  security: securityWrites(db),
  search: searchWrites(db),
  addresses: addressWrites(db),
  links: linkWrites(db),
  mails: mailWrites(db),
  oauthClients: oauthClientWrites(db),
  oauthGrants: oauthGrantWrites(db),
  backup: backupWrites(db),
});

export type SeldomOptions = {
  readonly write: (job: Job) => Promise<unknown>;
  readonly journal: Rewrites['journal'];
  /** The folder for the content of files; undefined: a temporary one. */
  readonly folder: string | undefined;
  readonly openSnapshot: () => Connection;
};

/** The stores, and their writes, which must be known to whoever runs the jobs of `write`. */
export function seldomStoresOn(db: Connection, { write, journal, folder: path, openSnapshot }: SeldomOptions) {
  const tables = seldomWritesOn(db);
  const writes = queued(tables, write);
  const folder = openFolder(path);
  const stores: Pick<Store, SeldomName> = {
    sessions: sessionStore(db, writes.sessions),
    tokens: tokenStore(db, writes.tokens),
    credentials: credentialStore(db, writes.credentials),
    removals: removalStore(db, writes.removals, journal),
    cursors: cursorStore(writes.cursors),
    saved: savedStore(db, writes.saved),
    follows: followStore(db, writes.follows),
    commands: commandStore(db, writes.commands),
    ephemerals: ephemeralStore(db, writes.ephemerals),
    scheduled: scheduledStore(db, writes.scheduled),
    files: fileStore(db, writes.files, folder),
    contentKeys: contentKeyStore(db, writes.contentKeys),
    webhooks: webhookStore(db, writes.webhooks),
    deliveries: deliveryStore(db, writes.deliveries),
    push: pushStore(db, writes.push),
    security: securityStore(db, writes.security),
    search: searchStore(db, writes.search),
    addresses: addressStore(db, writes.addresses),
    links: linkStore(db, writes.links),
    mails: mailStore(db, writes.mails),
    oauthClients: oauthClientStore(db, writes.oauthClients),
    oauthGrants: oauthGrantStore(db, writes.oauthGrants),
    backup: backupStore(db, writes.backup, openSnapshot),
  };
  return { stores, tables, close: folder.close };
}
