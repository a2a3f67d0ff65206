import type { GroupId } from '../../ids.ts';
import { type Delivery, type DeliveryStore, MAX_ATTEMPTS, type Outcome } from '../../webhooks/outgoing/deliveries-port.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import type { WritesOf } from './writing/remote.ts';

export const DELIVERIES = mapping<Delivery>('deliveries', {
  id: 'id',
  bot: 'bot',
  group: 'group_id',
  seq: 'seq',
  message: 'message',
  reply: 'reply',
  event: 'event',
  state: 'state',
  reason: 'reason',
  due: 'due',
  tries: 'tries',
  attempts: ['attempts', 'json'],
  createdAt: 'created_at',
  finishedAt: 'finished_at',
  rev: 'rev',
});
const BY_ID = `${DELIVERIES.select} WHERE id = ?`;
const INSERT = `${DELIVERIES.insert} ON CONFLICT DO NOTHING`;
const DUE = `${DELIVERIES.select} WHERE state = 'waiting' AND due <= ?1 AND bot NOT IN (SELECT value FROM json_each(?2))
  AND group_id NOT IN (SELECT value FROM json_each(?3)) ORDER BY due, id LIMIT ?4`;
const NEXT_DUE = `SELECT min(due) AS due FROM deliveries WHERE state = 'waiting' AND due > ?`;
const CLAIM = `UPDATE deliveries SET due = ?, rev = rev + 1 WHERE id = ? AND rev = ? AND state = 'waiting'`;
const ATTEMPTS = 'SELECT attempts FROM deliveries WHERE id = ? AND rev = ?';
const SETTLE = `UPDATE deliveries SET state = ?, reason = ?, due = ?, tries = ?, finished_at = ?, reply = ?, attempts = ?, rev = rev + 1
  WHERE id = ? AND rev = ?`;
const AGAIN = `UPDATE deliveries SET state = 'waiting', reason = NULL, due = ?, tries = 0, finished_at = NULL, rev = rev + 1
  WHERE id = ? AND state <> 'waiting'`;
const OF_BOT = `${DELIVERIES.select} WHERE bot = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`;
const WITHOUT_ANSWERS = `(SELECT json_group_array(json_set(value, '$.answer', NULL)) FROM (SELECT value FROM json_each(attempts) ORDER BY key))`;
// Two statements, so that each uses its own index.
const SCRUB_ABOUT = `UPDATE deliveries SET attempts = ${WITHOUT_ANSWERS} WHERE group_id = ? AND message = ?`;
const SCRUB_REPLY = `UPDATE deliveries SET attempts = ${WITHOUT_ANSWERS} WHERE group_id = ? AND reply = ?`;
const SWEEP = 'DELETE FROM deliveries WHERE finished_at < ?';

export const deliveryWrites = (db: Connection) => ({
  insert: (deliveries: readonly Delivery[]) => deliveries.forEach((one) => void db.run(INSERT, ...DELIVERIES.values(one))),
  claim: (id: string, rev: number, until: number) => db.run(CLAIM, until, id, rev) === 1,
  recordOutcome(id: string, rev: number, { state, reason, due, tries, finishedAt, reply, attempt }: Outcome): boolean {
    const row = db.one<{ attempts: string }>(ATTEMPTS, id, rev);
    if (!row) return false;
    const attempts = [...JSON.parse(row.attempts), ...(attempt ? [attempt] : [])].slice(-MAX_ATTEMPTS);
    return db.run(SETTLE, state, reason, due, tries, finishedAt, reply, JSON.stringify(attempts), id, rev) === 1;
  },
  reschedule: (id: string, now: number) => db.run(AGAIN, now, id) === 1,
  scrub(group: GroupId, message: number): void {
    db.run(SCRUB_ABOUT, group, message);
    db.run(SCRUB_REPLY, group, message);
  },
  sweep: (before: number) => void db.run(SWEEP, before),
});

export const deliveryStore = (db: Connection, writes: WritesOf<ReturnType<typeof deliveryWrites>>): DeliveryStore => ({
  ...writes,
  insert: async (deliveries) => {
    if (deliveries.length > 0) await writes.insert(deliveries);
  },
  async byId(id) {
    const row = db.one(BY_ID, id);
    return row && DELIVERIES.read(row);
  },
  due: async (now, limit, { bots = [], groups = [] } = {}) =>
    db.all(DUE, now, JSON.stringify(bots), JSON.stringify(groups), limit).map(DELIVERIES.read),
  nextDue: async (after) => db.one<{ due: number | null }>(NEXT_DUE, after)?.due ?? undefined,
  ofBot: async (bot, { limit, before }) =>
    db.all(OF_BOT, bot, before?.createdAt ?? Number.MAX_SAFE_INTEGER, before?.id ?? '', limit).map(DELIVERIES.read),
});
