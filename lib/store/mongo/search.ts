import type { Filter } from 'mongodb';
import type { GroupId } from '../../ids.ts';
import type { FindQuery, Indexed, MessagePosition, SearchStore, Slice } from '../../search/port.ts';
import { sliceOf } from '../../search/port.ts';
import { DUPLICATE, refusals } from './bulk-errors.ts';
import type { Collections, SearchRow } from './collections.ts';
import { entryId } from './entries.ts';

export function searchStore({ search, searchPositions }: Collections): SearchStore {
  /** One by one: a later state stored by another process stays, since the insertion then finds its `_id` taken. */
  async function putAll(group: GroupId, messages: readonly Indexed[]): Promise<void> {
    if (messages.length === 0) return;
    const writes = messages.map(({ seq, rev, at, terms }) => ({
      updateOne: {
        filter: { _id: { $eq: entryId(group, seq) }, slice: sliceId({ group, slice: sliceOf(seq) }), rev: { $lte: rev } },
        update: { $set: { group, seq, rev, at, terms } },
        upsert: true,
      },
    }));
    try {
      await search.bulkWrite(writes, { ordered: false });
    } catch (error) {
      const refused = refusals(error, writes.length);
      if (!refused || [...refused.values()].some((code) => code !== DUPLICATE)) throw error;
    }
  }

  return {
    async positions(groups, version) {
      const rows = await searchPositions.find({ _id: { $in: groups.map((group) => positionId(group, version)) } }).toArray();
      return new Map(rows.map(({ group, seq }) => [group, seq]));
    },
    async put(group, messages, reached) {
      await putAll(group, messages);
      if (!reached) return;
      const _id = positionId(group, reached.version);
      await searchPositions.updateOne({ _id: { $eq: _id } }, { $max: { seq: reached.upto }, $set: { group } }, { upsert: true });
    },
    async find(query) {
      const rows = search.find(filterOf(query), { projection: { _id: 0, at: 1, group: 1, seq: 1 } });
      return rows.sort({ at: -1, group: -1, seq: -1 }).limit(query.limit).toArray();
    },
  };
}

const sliceId = ({ group, slice }: Slice): string => `${group}/${slice}`;
const positionId = (group: GroupId, version: number): string => `${group}/${version}`;

/** Each condition names a field or operator once; a term is only ever a value. */
function filterOf({ slices, all, prefixes, any, none, nonePrefixes, from, to, behind }: FindQuery): Filter<SearchRow> {
  const $and: Filter<SearchRow>[] = [
    { slice: { $in: slices.map(sliceId) } },
    ...all.map((term) => ({ terms: { $eq: term } })),
    ...prefixes.map((prefix) => ({ terms: beginning(prefix) })),
    ...(any.length === 0 ? [] : [{ terms: { $in: [...any] } }]),
    ...(none.length === 0 ? [] : [{ terms: { $nin: [...none] } }]),
    ...nonePrefixes.map((prefix) => ({ terms: { $not: beginning(prefix) } })),
    ...(from === undefined ? [] : [{ at: { $gte: from } }]),
    ...(to === undefined ? [] : [{ at: { $lt: to } }]),
    ...(behind ? standsBehind(behind) : []),
  ];
  return { $and };
}

/** The first condition selects the index. */
const standsBehind = ({ at, group, seq }: MessagePosition): Filter<SearchRow>[] => [
  { at: { $lte: at } },
  { $or: [{ at: { $lt: at } }, { at, group: { $lt: group } }, { at, group, seq: { $lt: seq } }] },
];

/** Escapes regular-expression syntax in a term. */
const beginning = (prefix: string): RegExp => new RegExp(`^${prefix.replace(/[^\p{L}\p{N}\p{M}]/gu, '\ufffd')}`);
