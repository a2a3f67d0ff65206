import type { UserId } from '../../ids.ts';
import type { SecurityRecord } from '../../security/event.ts';
import type { SecurityStore } from '../../security/port.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import type { WritesOf } from './writing/remote.ts';

export const EVENTS = mapping<SecurityRecord>('security_events', {
  owner: 'owner',
  at: 'at',
  id: 'id',
  event: 'event',
  user: 'user_id',
  by: 'by_user',
  via: 'via',
  address: 'address',
  detail: 'detail',
});
const INSERT = `${EVENTS.insert} ON CONFLICT DO NOTHING`;
const NEWEST_FIRST = 'ORDER BY at DESC, id DESC LIMIT ?';
const FIRST = `${EVENTS.select} WHERE owner = ? ${NEWEST_FIRST}`;
const OLDER = `${EVENTS.select} WHERE owner = ? AND (at, id) < (?, ?) ${NEWEST_FIRST}`;
const TRIM = `DELETE FROM security_events WHERE owner = ?1 AND (event = 'login_failed') = ?2 AND (at, id) <= (
  SELECT at, id FROM security_events WHERE owner = ?1 AND (event = 'login_failed') = ?2 ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?3)`;
const SWEEP = 'DELETE FROM security_events WHERE at < ?';

export const securityWrites = (db: Connection) => ({
  insert(records: readonly SecurityRecord[]): void {
    for (const record of records) db.run(INSERT, ...EVENTS.values(record));
  },
  trim: (owner: UserId, failures: boolean, keep: number) => void db.run(TRIM, owner, Number(failures), keep),
  sweep: (at: number) => void db.run(SWEEP, at),
});

export const securityStore = (db: Connection, writes: WritesOf<ReturnType<typeof securityWrites>>): SecurityStore => ({
  ...writes,
  list: async (owner, { limit, before }) =>
    (before ? db.all(OLDER, owner, before.at, before.id, limit) : db.all(FIRST, owner, limit)).map(EVENTS.read),
});
