import type { UserId } from '../../ids.ts';
import type { Device, PushStore, Reachable } from '../../push/port.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import type { WritesOf } from './writing/remote.ts';

export const DEVICES = mapping<Device>('devices', {
  id: 'id',
  user: 'user_id',
  session: 'session',
  sealed: 'sealed',
  label: 'label',
  createdAt: 'created_at',
  lastOkAt: 'last_ok_at',
  failures: 'failures',
});
const PUT = `${DEVICES.insert} ON CONFLICT (id) DO UPDATE SET
  created_at = iif(user_id = excluded.user_id, created_at, excluded.created_at),
  last_ok_at = iif(user_id = excluded.user_id, last_ok_at, excluded.last_ok_at),
  user_id = excluded.user_id, session = excluded.session, sealed = excluded.sealed, label = excluded.label, failures = excluded.failures`;
const OF_USER = `${DEVICES.select} WHERE user_id = ? ORDER BY created_at, id`;
const OF_USERS = `${DEVICES.select} WHERE user_id IN (SELECT value FROM json_each(?))`;
const ANY = 'SELECT 1 FROM devices LIMIT 1';
const IN_GROUP = `SELECT m.user_id AS user, m.level FROM memberships m WHERE m.group_id = ? AND m.present = 1
  AND EXISTS (SELECT 1 FROM devices d WHERE d.user_id = m.user_id)`;
const SUCCEEDED = 'UPDATE devices SET last_ok_at = ?, failures = 0 WHERE id = ?';
const FAILED = 'UPDATE devices SET failures = failures + 1 WHERE id = ?';
const REMOVE = 'DELETE FROM devices WHERE id = ?';
const REMOVE_OF = 'DELETE FROM devices WHERE id = ? AND user_id = ?';
const REMOVE_SESSION = 'DELETE FROM devices WHERE session = ?';
const REMOVE_USER = 'DELETE FROM devices WHERE user_id = ?';

export const pushWrites = (db: Connection) => ({
  put: (device: Device) => void db.run(PUT, ...DEVICES.values(device)),
  recordSuccess: (id: string, now: number) => void db.run(SUCCEEDED, now, id),
  recordFailure: (id: string) => void db.run(FAILED, id),
  remove: (id: string, user?: UserId) => (user === undefined ? db.run(REMOVE, id) : db.run(REMOVE_OF, id, user)) === 1,
  removeAll: (of: { readonly session: string } | { readonly user: UserId }) =>
    void ('session' in of ? db.run(REMOVE_SESSION, of.session) : db.run(REMOVE_USER, of.user)),
});

export const pushStore = (db: Connection, writes: WritesOf<ReturnType<typeof pushWrites>>): PushStore => ({
  ...writes,
  ofUser: async (user) => db.all(OF_USER, user).map(DEVICES.read),
  ofUsers: async (users) => db.all(OF_USERS, JSON.stringify(users)).map(DEVICES.read),
  any: async () => db.one(ANY) !== undefined,
  inGroup: async (group) => db.all<Reachable>(IN_GROUP, group).map(({ user, level }) => ({ user, level })),
});
