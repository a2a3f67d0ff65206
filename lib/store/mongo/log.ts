import type { GroupId } from '../../ids.ts';
import { type Entry, type FollowUp, isFollowUp, isMessage, type Kind, type Message } from '../../log/entry.ts';
import type { LogStore, ThreadSummary } from '../../log/port.ts';
import type { Collections, EntryRow } from './collections.ts';
import { bySeq, chunks, entryAt, rowsAt, toEntry } from './entries.ts';
import type { Heads } from './heads.ts';

type Target = { readonly seq: number; readonly after: number };

/** Reads of the log. Queries name ids or numbers, never "the newest". */
export function logReads(collections: Collections, heads: Heads) {
  const { log } = collections;

  async function followUps(group: GroupId, targets: readonly Target[]): Promise<FollowUp[]> {
    const whole = targets.filter(({ after }) => after === 0).map(({ seq }) => seq);
    const tails = targets.filter(({ after }) => after !== 0);
    const found = await Promise.all([
      whole.length === 0 ? [] : log.find({ group, target: { $in: whole } }).toArray(),
      ...tails.map(({ seq, after }) => log.find({ group, target: seq, seq: { $gt: after } }).toArray()),
    ]);
    return sorted(found.flat()).filter(isFollowUp);
  }

  return {
    head: (group) => heads.end(group),
    heads: (groups) => heads.ends(groups),
    async range(group, from, to) {
      const entries = sorted(await rowsAt(collections, group, seqsBetween(from, to)));
      const last = entries.at(-1);
      if (last) heads.learn(group, last); // an append that follows needs no check
      return entries;
    },
    systemEntries: async (group, from, to) => sorted(await rowsAt(collections, group, seqsBetween(from, to), { kinds: SYSTEM_KINDS })),
    async edits(group, target, { before, limit }) {
      const rows = await log
        .find({ group, target, seq: { $lt: before }, kind: 'edit' })
        .sort({ seq: -1 })
        .limit(limit)
        .toArray();
      return rows.map(toEntry).filter(isEdit);
    },
    messages: async (group, from, to) =>
      sorted(await log.find({ group, kind: 'message', n: { $gte: from, $lte: to } }).toArray()).filter(isMessage),
    async message(group, seq): Promise<Message | undefined> {
      const row = await log.findOne(entryAt(group, seq));
      const entry = row ? toEntry(row) : undefined;
      return entry && isMessage(entry) ? entry : undefined;
    },
    messagesAt: async (group, seqs) => sorted(await rowsAt(collections, group, seqs, { kinds: ['message'] })).filter(isMessage),
    async threads(group, roots) {
      const summaries = new Map<number, ThreadSummary>();
      for (const some of chunks([...new Set(roots)]))
        for (const { _id, ...summary } of await log.aggregate<ThreadSummary & { readonly _id: number }>(threadsOf(group, some)).toArray())
          summaries.set(_id, summary);
      return summaries;
    },
    async replies(group, root, { limit, ...window }) {
      const isBackward = 'before' in window;
      const seq = isBackward ? { $lt: window.before } : { $gt: window.after };
      const rows = log
        .find({ group, thread: root, seq })
        .sort({ seq: isBackward ? -1 : 1 })
        .limit(limit);
      return sorted(await rows.toArray()).filter(isMessage);
    },
    followUps,
    /** `erase` and `unerase` of a message alternate. */
    async countErased(group) {
      const [erased, takenBack] = await Promise.all([
        log.countDocuments({ group, kind: 'erase' }),
        log.countDocuments({ group, kind: 'unerase' }),
      ]);
      return Math.max(0, erased - takenBack);
    },
    async erasedAmong(group, seqs) {
      const counts = new Map<number, number>();
      const count = async (kind: 'erase' | 'unerase', by: number, targets: readonly number[]): Promise<void> => {
        const rows = log.find({ group, kind, target: { $in: targets } }, { projection: { target: 1 } });
        for (const row of await rows.toArray()) if ('target' in row) counts.set(row.target, (counts.get(row.target) ?? 0) + by);
      };
      await Promise.all(chunks([...new Set(seqs)]).flatMap((targets) => [count('erase', 1, targets), count('unerase', -1, targets)]));
      return new Set([...counts].flatMap(([seq, erasures]) => (erasures > 0 ? [seq] : [])));
    },
    async lastEdit(group, target, before) {
      const rows = log
        .find({ group, target, seq: { $lt: before }, kind: 'edit' })
        .sort({ seq: -1 })
        .limit(1);
      const [entry] = (await rows.toArray()).map(toEntry);
      return entry?.kind === 'edit' ? entry : undefined;
    },
    async byKey(group, author, key) {
      const row = await log.findOne({ group, author, key: { $eq: key } });
      return row ? toEntry(row) : undefined;
    },
  } satisfies Partial<LogStore>;
}

const threadsOf = (group: GroupId, roots: readonly number[]) => [
  { $match: { group, thread: { $in: roots } } },
  { $group: { _id: '$thread', replies: { $sum: 1 }, lastSeq: { $max: '$seq' }, lastAt: { $max: '$at' } } },
];

const SYSTEM_KINDS: readonly Kind[] = ['join', 'leave', 'rename', 'topic', 'archive', 'revoke'];
const isEdit = (entry: Entry): entry is Entry & { kind: 'edit' } => entry.kind === 'edit';

const sorted = (rows: readonly EntryRow[]): Entry[] => rows.toSorted(bySeq).map(toEntry);

function seqsBetween(from: number, to: number): number[] {
  const first = Math.max(from, 1);
  return Array.from({ length: Math.max(to - first + 1, 0) }, (_, index) => first + index);
}
