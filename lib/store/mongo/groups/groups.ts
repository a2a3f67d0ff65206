import type { Filter } from 'mongodb';
import { StoreUnavailable } from '../../../errors.ts';
import type { Group, GroupChange, GroupPatch, GroupStore } from '../../../groups/port.ts';
import type { GroupId } from '../../../ids.ts';
import { EMPTY_HEAD } from '../../../log/entry.ts';
import { lookedUp } from '../batches.ts';
import type { Collections, GroupRow } from '../collections.ts';
import { isDuplicate } from '../timeout.ts';

/** The setting with the highest number of a removed group: numbers are never given twice. */
export const LAST_NUMBER = 'last-group-number';
// Concurrent creations compete for each number; this many attempts are enough for as many at once.
const NUMBER_ATTEMPTS = 100;

/** Not being removed. */
const PRESENT: Filter<GroupRow> = { deletedAt: { $exists: false } };

export function groupStore({ groups, settings }: Collections, timeoutMs: number): GroupStore {
  const one = async (filter: Filter<GroupRow>) => {
    const row = await groups.findOne({ ...filter, ...PRESENT });
    return row ? toGroup(row) : undefined;
  };

  const keyed = { read: toGroup, timeoutMs };
  const byId = lookedUp({
    ...keyed,
    find: (ids: GroupId[]) => groups.find({ _id: { $in: ids }, ...PRESENT }).toArray(),
    keysOf: ({ _id }) => [_id],
  });
  const bySlug = lookedUp({
    ...keyed,
    find: (slugs: string[]) => groups.find({ slugs: { $in: slugs }, ...PRESENT }).toArray(),
    keysOf: ({ slugs }) => slugs,
  });

  async function nextNumber(): Promise<number> {
    const [last] = await groups
      .find({}, { projection: { number: 1 } })
      .sort({ number: -1 })
      .limit(1)
      .toArray();
    const removed = Number((await settings.findOne({ _id: LAST_NUMBER }))?.value ?? 0);
    return Math.max(last?.number ?? 0, removed) + 1;
  }

  // The unique index decides, so numbers stay without gaps: a counter would leave a gap for each refused insertion.
  async function insert({ id, ...group }: Omit<Group, 'number' | 'head'>): Promise<Group | 'slug' | 'code'> {
    for (let attempt = 0; attempt < NUMBER_ATTEMPTS; attempt++) {
      const row = { _id: id, ...group, number: await nextNumber(), slugs: [group.slug], head: EMPTY_HEAD };
      try {
        await groups.insertOne(row);
        return toGroup(row);
      } catch (error) {
        if (isDuplicate(error, 'number')) continue;
        return refusal(error);
      }
    }
    throw new StoreUnavailable('Too many groups are being created at once.');
  }

  async function update(id: GroupId, patch: GroupPatch, change?: GroupChange): Promise<'done' | 'missing' | 'slug' | 'code'> {
    const reserve = patch.slug === undefined ? {} : { $addToSet: { slugs: patch.slug } };
    const announce = change === undefined ? {} : { $push: { changes: change } };
    try {
      const { matchedCount } = await groups.updateOne({ _id: { $eq: id }, ...PRESENT }, { $set: patch, ...reserve, ...announce });
      return matchedCount === 1 ? 'done' : 'missing';
    } catch (error) {
      return refusal(error);
    }
  }

  return {
    insert,
    byId,
    byIds: async (ids) => (await groups.find({ _id: { $in: [...ids] }, ...PRESENT }).toArray()).map(toGroup),
    bySlug,
    byNumber: (number) => one({ number: { $eq: number } }),
    byCodeMac: (codeMac) => one({ codeMac: { $eq: codeMac } }),
    list: async ({ limit, open, kind, afterNumber = 0 }) => {
      const rows = groups.find({
        number: { $gt: afterNumber },
        ...PRESENT,
        ...(open === undefined ? {} : { open }),
        ...(kind ? ofKind(kind) : {}),
      });
      return (await rows.sort({ number: 1 }).limit(limit).toArray()).map(toGroup);
    },
    count: (kind) => groups.countDocuments({ ...ofKind(kind), ...PRESENT }),
    held: async () => (await groups.find({ held: true, ...PRESENT }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
    update,
    async markAnnounced(id, uid) {
      await groups.updateOne({ _id: { $eq: id } }, { $pull: { changes: { 'line.uid': uid } } });
    },
    async listUnannounced(before, limit) {
      const rows = await groups
        .find({ 'changes.at': { $lt: before } }, { projection: { changes: 1 } })
        .limit(limit)
        .toArray();
      const all = rows.flatMap(({ _id, changes = [] }) => changes.map((change) => ({ group: _id, change })));
      return all.filter(({ change }) => change.at < before).slice(0, limit);
    },
    async takeUse(id, codeMac, now) {
      const valid = {
        _id: { $eq: id },
        ...PRESENT,
        codeMac: { $eq: codeMac },
        $or: [{ codeExpiresAt: null }, { codeExpiresAt: { $gt: now } }],
      };
      const counted = await groups.updateOne({ ...valid, codeUsesLeft: { $gt: 0 } }, { $inc: { codeUsesLeft: -1 } });
      return counted.matchedCount === 1 || (await groups.findOne({ ...valid, codeUsesLeft: null })) !== null;
    },
    async returnUse(id, codeMac) {
      const counted = { _id: { $eq: id }, codeMac: { $eq: codeMac }, codeUsesLeft: { $gte: 0 } };
      await groups.updateOne(counted, { $inc: { codeUsesLeft: 1 } });
    },
  };
}

/** Groups stored before direct messages existed have no kind. */
const ofKind = (kind: Group['kind']): Filter<GroupRow> => ({ kind: kind === 'direct' ? kind : { $ne: 'direct' } });

const BEFORE = { kind: 'group', people: null, codeExpiresAt: null, codeUsesLeft: null } as const;

function refusal(error: unknown): 'slug' | 'code' {
  if (isDuplicate(error, 'slugs')) return 'slug';
  if (isDuplicate(error, 'codeMac')) return 'code';
  throw error;
}

export function toGroup({ _id, slugs, changes: _, retentionDays, held, ...group }: GroupRow): Group {
  const keeping = { ...(typeof retentionDays === 'number' ? { retentionDays } : {}), ...(held ? { held: true as const } : {}) };
  return { id: _id, ...BEFORE, ...group, ...keeping };
}
