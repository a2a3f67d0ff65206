import type { Connection } from '../connection.ts';
import { groupWrites } from '../groups/groups.ts';
import { logWrites } from '../log.ts';
import { membershipWrites } from '../memberships.ts';
import { journalWrites, replacing, rewriting } from '../scrubbing.ts';
import { settingWrites } from '../settings.ts';
import { signalWrites } from '../signals.ts';
import { userWrites } from '../users.ts';

/**
 * The writes of the stores that are always loaded, on this connection (the others: seldom/stores.ts). Each must run within a transaction, except those of
 * `journal`, which must run outside of one.
 */
export const writesOn = (db: Connection) => ({
  settings: settingWrites(db),
  users: userWrites(db),
  groups: groupWrites(db),
  memberships: membershipWrites(db),
  log: logWrites(db),
  rewriting: rewriting(db),
  journal: journalWrites(db),
  replacing: replacing(db),
  signals: signalWrites(db),
});

/** The table whose writes run outside of a transaction. */
export const OUTSIDE = 'journal';
