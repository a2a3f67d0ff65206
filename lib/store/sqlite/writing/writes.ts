import { credentialWrites } from '../accounts/credentials.ts';
import { addressWrites, linkWrites, mailWrites } from '../accounts/mail.ts';
import { backupWrites } from '../backup.ts';
import type { Connection } from '../connection.ts';
import { cursorWrites } from '../cursors.ts';
import { deliveryWrites } from '../deliveries.ts';
import { contentKeyWrites, fileWrites } from '../files.ts';
import { groupWrites } from '../groups/groups.ts';
import { removalWrites } from '../groups/removals.ts';
import { logWrites } from '../log.ts';
import { membershipWrites } from '../memberships.ts';
import { pushWrites } from '../push.ts';
import { savedWrites } from '../saved.ts';
import { journalWrites, replacing, rewriting } from '../scrubbing.ts';
import { searchWrites } from '../search.ts';
import { securityWrites } from '../security.ts';
import { sessionWrites } from '../sessions.ts';
import { settingWrites } from '../settings.ts';
import { signalWrites } from '../signals.ts';
import { tokenWrites } from '../tokens.ts';
import { userWrites } from '../users.ts';
import { webhookWrites } from '../webhooks.ts';

/** Every write of the store, on this connection. Each must run within a transaction, except those of `journal`, which must run outside of one. */
export const writesOn = (db: Connection) => ({
  settings: settingWrites(db),
  users: userWrites(db),
  sessions: sessionWrites(db),
  tokens: tokenWrites(db),
  credentials: credentialWrites(db),
  groups: groupWrites(db),
  removals: removalWrites(db),
  memberships: membershipWrites(db),
  log: logWrites(db),
  rewriting: rewriting(db),
  journal: journalWrites(db),
  cursors: cursorWrites(db),
  saved: savedWrites(db),
  files: fileWrites(db),
  contentKeys: contentKeyWrites(db),
  replacing: replacing(db),
  webhooks: webhookWrites(db),
  deliveries: deliveryWrites(db),
  push: pushWrites(db),
  security: securityWrites(db),
  signals: signalWrites(db),
  search: searchWrites(db),
  addresses: addressWrites(db),
  links: linkWrites(db),
  mails: mailWrites(db),
  backup: backupWrites(db),
});

/** The table whose writes run outside of a transaction. */
export const OUTSIDE = 'journal';
