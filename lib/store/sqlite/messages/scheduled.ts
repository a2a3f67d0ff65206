import type { UserId } from '../../../ids.ts';
import type { Scheduled, ScheduledChange, ScheduledStore } from '../../../scheduled/port.ts';
import type { Connection } from '../connection.ts';
import { mapping } from '../mapping.ts';
import type { WritesOf } from '../writing/remote.ts';

export const SCHEDULED = mapping<Scheduled>('scheduled', {
  id: 'id',
  author: 'author',
  group: 'group_id',
  kind: 'kind',
  body: 'body',
  format: 'format',
  replyTo: ['reply_to', 'optional'],
  about: ['about', 'optional'],
  at: 'at',
  createdAt: 'created_at',
  due: 'due',
  claimedUntil: 'claimed_until',
  tries: 'tries',
  failure: 'failure',
  mac: 'mac',
  rev: 'rev',
});

const INSERT = `${SCHEDULED.insert} ON CONFLICT DO NOTHING`;
const BY_ID = `${SCHEDULED.select} WHERE id = ?`;
const OF_AUTHOR = `${SCHEDULED.select} WHERE author = ? ORDER BY at, id LIMIT ?`;
const COUNT = 'SELECT count(*) AS count FROM scheduled WHERE author = ?';
const READY = `${SCHEDULED.select} WHERE due IS NOT NULL AND at <= ?1 AND (at, id) > (?3, ?4) ORDER BY at, id LIMIT ?2`;
const NEXT = 'SELECT min(due) AS due FROM scheduled WHERE due > ?';
const UPDATE = `UPDATE scheduled SET body = ?3, format = ?4, at = ?5, due = ?6, claimed_until = ?7, tries = ?8, failure = ?9, rev = rev + 1
  WHERE id = ?1 AND rev = ?2`;
const REMOVE = 'DELETE FROM scheduled WHERE id = ? AND rev = ?';
const REMOVE_OF = 'DELETE FROM scheduled WHERE author = ?';

export const scheduledWrites = (db: Connection) => ({
  insert: (scheduled: Scheduled) => db.run(INSERT, ...SCHEDULED.values(scheduled)) === 1,
  update(id: string, rev: number, change: ScheduledChange): boolean {
    const row = db.one(BY_ID, id);
    if (!row) return false;
    const { body, format, at, due, claimedUntil, tries, failure } = { ...SCHEDULED.read(row), ...change };
    return db.run(UPDATE, id, rev, body, format, at, due, claimedUntil, tries, failure) === 1;
  },
  remove: (id: string, rev: number) => db.run(REMOVE, id, rev) === 1,
  removeOf: (author: UserId) => void db.run(REMOVE_OF, author),
});

export const scheduledStore = (db: Connection, writes: WritesOf<ReturnType<typeof scheduledWrites>>): ScheduledStore => ({
  ...writes,
  async byId(id) {
    const row = db.one(BY_ID, id);
    return row && SCHEDULED.read(row);
  },
  ofAuthor: async (author, limit) => db.all(OF_AUTHOR, author, limit).map(SCHEDULED.read),
  count: async (author) => db.one<{ count: number }>(COUNT, author)?.count ?? 0,
  ready: async (now, limit, after = { at: -1, id: '' }) => db.all(READY, now, limit, after.at, after.id).map(SCHEDULED.read),
  nextDue: async (time) => db.one<{ due: number | null }>(NEXT, time)?.due ?? undefined,
});
