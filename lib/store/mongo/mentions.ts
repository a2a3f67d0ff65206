import type { GroupId, UserId } from '../../ids.ts';
import { type LogStore, MAX_MENTIONS_COUNTED } from '../../log/port.ts';
import { EVERYBODY } from '../../markup/mentions.ts';
import type { Collections, EntryRow } from './collections.ts';
import { chunks } from './entries.ts';

type Asked = { readonly group: GroupId; readonly after: number };

/** Mentions read per query. */
const MAX_AT_ONCE = 10 * MAX_MENTIONS_COUNTED;

/** Counts mentions by the index on mentioned users. */
export function mentionCounts({ log }: Collections): Pick<LogStore, 'countMentions'> {
  /** The messages that mention the user, at most `limit`. */
  async function found(user: UserId, asked: readonly Asked[], limit: number): Promise<Pick<EntryRow, 'group' | 'seq' | 'target'>[]> {
    const where = asked.map(({ group, after }) => ({ mentions: { $in: [user, EVERYBODY.id] }, group, n: { $gt: after } }));
    const wanted = { $or: where, author: { $ne: user }, scrubbed: { $exists: false } };
    return log
      .find(wanted, { projection: { group: 1, seq: 1, target: 1 } })
      .limit(limit)
      .toArray();
  }

  async function count(user: UserId, asked: readonly Asked[]): Promise<[GroupId, number][]> {
    const rows = await found(user, asked, MAX_AT_ONCE);
    const isCut = rows.length === MAX_AT_ONCE && asked.length > 1; // one group may have used the whole limit
    if (isCut) return (await Promise.all(asked.map((one) => count(user, [one])))).flat();
    return asked.map(({ group }) => {
      const about = new Set(rows.flatMap((row) => (row.group === group ? [row.target ?? row.seq] : [])));
      return [group, Math.min(about.size, MAX_MENTIONS_COUNTED)];
    });
  }

  return {
    countMentions: async (user, asked) => new Map((await Promise.all(chunks(asked).map((some) => count(user, some)))).flat()),
  };
}
