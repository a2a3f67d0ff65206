import type { Filter } from 'mongodb';
import { type Attempt, type Delivery, type DeliveryStore, MAX_ATTEMPTS } from '../../webhooks/outgoing/deliveries-port.ts';
import type { Collections, DeliveryRow } from './collections.ts';
import { isDuplicate } from './timeout.ts';

const SCRUB_TRIES = 20;

export function deliveryStore({ deliveries }: Collections): DeliveryStore {
  async function insertOne({ id, ...delivery }: Delivery): Promise<void> {
    try {
      await deliveries.insertOne({ _id: id, ...delivery });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  /** Whether the revision is unchanged. Does not increment it, so an existing claim stays valid. */
  async function dropAnswers({ _id, rev, attempts }: DeliveryRow): Promise<boolean> {
    const bare = attempts.map((attempt): Attempt => ({ ...attempt, answer: null }));
    return (await deliveries.updateOne({ _id: { $eq: _id }, rev }, { $set: { attempts: bare } })).matchedCount === 1;
  }

  async function scrubOne(row: DeliveryRow): Promise<void> {
    let present: DeliveryRow | null = row;
    for (let attempt = 0; present && attempt < SCRUB_TRIES; attempt += 1) {
      if (await dropAnswers(present)) return;
      present = await deliveries.findOne({ _id: { $eq: row._id } });
    }
  }

  return {
    insert: async (some) => void (await Promise.all(some.map(insertOne))),
    async byId(id) {
      const row = await deliveries.findOne({ _id: { $eq: id } });
      return row ? toDelivery(row) : undefined;
    },
    async due(now, limit, { bots = [], groups = [] } = {}) {
      const others = {
        ...(bots.length > 0 && { bot: { $nin: [...bots] } }),
        ...(groups.length > 0 && { group: { $nin: [...groups] } }),
      };
      const rows = deliveries.find({ state: 'waiting', due: { $lte: now }, ...others });
      return (await rows.sort({ due: 1, _id: 1 }).limit(limit).toArray()).map(toDelivery);
    },
    async nextDue(after) {
      const rows = deliveries.find({ state: 'waiting', due: { $gt: after } }, { projection: { due: 1 } });
      return (await rows.sort({ due: 1 }).limit(1).toArray())[0]?.due;
    },
    async claim(id, rev, until) {
      const claimed = await deliveries.updateOne({ _id: { $eq: id }, rev, state: 'waiting' }, { $set: { due: until, rev: rev + 1 } });
      return claimed.matchedCount === 1;
    },
    async recordOutcome(id, rev, { attempt, ...fields }) {
      const push = attempt ? { $push: { attempts: { $each: [attempt], $slice: -MAX_ATTEMPTS } } } : {};
      return (await deliveries.updateOne({ _id: { $eq: id }, rev }, { $set: { ...fields, rev: rev + 1 }, ...push })).matchedCount === 1;
    },
    async reschedule(id, now) {
      const waiting = { state: 'waiting', reason: null, due: now, tries: 0, finishedAt: null } as const;
      const finished: Filter<DeliveryRow> = { _id: { $eq: id }, state: { $ne: 'waiting' } };
      return (await deliveries.updateOne(finished, { $set: waiting, $inc: { rev: 1 } })).matchedCount === 1;
    },
    async ofBot(bot, { limit, before }) {
      const rows = deliveries.find({ bot: { $eq: bot }, ...(before ? olderThan(before) : {}) });
      return (await rows.sort({ createdAt: -1, _id: -1 }).limit(limit).toArray()).map(toDelivery);
    },
    async scrub(group, message) {
      const found = await Promise.all([
        deliveries.find({ group, message }).toArray(),
        deliveries.find({ group, reply: message }).toArray(),
      ]);
      for (const row of found.flat()) await scrubOne(row);
    },
    async sweep(before) {
      await deliveries.deleteMany({ finishedAt: { $lt: before, $gt: 0 } });
    },
  };
}

const olderThan = ({ createdAt, id }: Pick<Delivery, 'createdAt' | 'id'>): Filter<DeliveryRow> => ({
  $or: [{ createdAt: { $lt: createdAt } }, { createdAt: { $eq: createdAt }, _id: { $lt: id } }],
});

const toDelivery = ({ _id, ...delivery }: DeliveryRow): Delivery => ({ id: _id, ...delivery });
