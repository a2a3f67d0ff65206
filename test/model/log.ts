import { StoreUnavailable } from '../../lib/errors.ts';
import type { GroupId, UserId } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, type Head, headAfter, isFollowUp, isMessage, type Kind, type Message } from '../../lib/log/entry.ts';
import { type Appended, type LogStore, MAX_MENTIONS_COUNTED } from '../../lib/log/port.ts';
import type { Weathered } from './disk.ts';
import { Inserting } from './insert.ts';
import type { Line } from './line.ts';
import { type Change, entriesIn, entryAt, keyOf, lastOf, logOf, putEntry, type State } from './state.ts';

const SYSTEM_KINDS: ReadonlySet<Kind> = new Set(['join', 'leave', 'rename', 'topic', 'archive', 'revoke']);

/** The disks of the logs, one for each log; the first disk stores the head hints. */
type Lines = { readonly first: Line; readonly all: readonly Line[]; readonly of: (group: GroupId) => Line };

/** The log port as the MongoDB adapter implements it: bounded reads of known ids, one record per entry, delayed head hints. */
export function logStore(world: Weathered, lines: Lines): LogStore {
  const { first, of: lineOf } = lines;
  const inserting = new Inserting(world, first.disk);
  const read = <T>(group: GroupId, label: string, select: (state: State) => T): Promise<T> => lineOf(group).read(label, select);

  async function append(group: GroupId, entries: readonly Entry[]): Promise<Appended> {
    if (entries.length === 0) return { written: 0 };
    try {
      return await inserting.append(lineOf(group), group, entries);
    } catch (error) {
      if (error instanceof StoreUnavailable) return { written: 0, stopped: 'unknown' };
      throw error;
    }
  }

  /** In two sequential parts, so that a concurrent write may leave gaps. */
  async function range(group: GroupId, from: number, to: number): Promise<Entry[]> {
    const { size } = lineOf(group).disk.primary.logs.get(group) ?? new Map();
    // Only relevant at the end of the log.
    const late = new Set([size, size + 1, size + 2, size + 3].filter(() => world.tape.chance(`range ${group}`, 50)));
    const line = lineOf(group);
    await line.travel(`range ${from}–${to} →`);
    const early = entriesIn(line.disk.committed, group, from, to).filter(({ seq }) => !late.has(seq));
    for (let step = 0; step < late.size; step += 1) await world.step('the rest of a range');
    const rest = entriesIn(line.disk.committed, group, from, to).filter(({ seq }) => late.has(seq));
    await line.travel(`range ${from}–${to} ←`);
    const found = [...early, ...rest].sort((a, b) => a.seq - b.seq);
    inserting.learn(group, found.at(-1)?.seq ?? 0);
    return found;
  }

  async function head(group: GroupId): Promise<Head> {
    const last = await read(group, 'head', (state) => lastOf(state, group));
    inserting.learn(group, last?.seq ?? 0);
    return last ? headAfter(last) : EMPTY_HEAD;
  }

  return {
    append,
    range,
    head,
    heads: async (groups) => new Map(await Promise.all(groups.map(async (group) => [group, await head(group)] as const))),
    systemEntries: async (group, from, to) => (await range(group, from, to)).filter(({ kind }) => SYSTEM_KINDS.has(kind)),
    edits: (group, target, { before, limit }) =>
      read(group, 'edits', (state) =>
        logOf(state, group)
          .filter((one) => one.kind === 'edit' && one.target === target && one.seq < before)
          .filter((one) => one.kind === 'edit')
          .toReversed()
          .slice(0, limit),
      ),
    messages: (group, from, to) =>
      read(group, 'messages', (state) =>
        logOf(state, group).filter((one): one is Message => isMessage(one) && one.n >= from && one.n <= to),
      ),
    message: (group, seq) =>
      read(group, 'message', (state) => {
        const entry = entryAt(state, group, seq);
        return entry && isMessage(entry) ? entry : undefined;
      }),
    messagesAt: (group, seqs) =>
      read(group, 'messages at', (state) =>
        logOf(state, group)
          .filter(isMessage)
          .filter(({ seq }) => seqs.includes(seq)),
      ),
    threads: (group, roots) =>
      read(group, 'threads', (state) => {
        const replies = Map.groupBy(logOf(state, group).filter(isMessage), ({ thread }) => thread);
        return new Map(
          roots.flatMap((root) => {
            const last = replies.get(root)?.at(-1);
            return last ? [[root, { replies: replies.get(root)?.length ?? 0, lastSeq: last.seq, lastAt: last.at }] as const] : [];
          }),
        );
      }),
    replies: (group, root, { limit, ...window }) =>
      read(group, 'replies', (state) => {
        const all = logOf(state, group)
          .filter(isMessage)
          .filter(({ thread }) => thread === root);
        return 'before' in window
          ? all.filter(({ seq }) => seq < window.before).slice(-limit)
          : all.filter(({ seq }) => seq > window.after).slice(0, limit);
      }),
    followUps: (group, targets) =>
      read(group, 'follow-ups', (state) =>
        logOf(state, group)
          .filter(isFollowUp)
          .filter(({ target, seq }) => targets.some((one) => one.seq === target && seq > one.after)),
      ),
    countMentions: async (user, asked) =>
      new Map(
        await Promise.all(
          asked.map(async ({ group, after }) => [group, await read(group, 'mentions', mentionsOf(user, group, after))] as const),
        ),
      ),
    countErased: (group) => read(group, 'erased', (state) => erasedIn(state, group).size),
    erasedAmong: async (group, seqs) => {
      const erased = await read(group, 'erased among', (state) => erasedIn(state, group));
      return new Set(seqs.filter((seq) => erased.has(seq)));
    },
    lastEdit: (group, target, before) =>
      read(group, 'last edit', (state) =>
        logOf(state, group).findLast((one) => one.kind === 'edit' && one.target === target && one.seq < before),
      ) as ReturnType<LogStore['lastEdit']>,
    byKey: (group, author, key) => read(group, 'by key', ({ keys }) => keys.get(keyOf(group, author, key))),
    ...rewriting(lineOf, lines.all),
  };
}

/** The messages of a group that are erased and not restored. */
function erasedIn(state: State, group: GroupId): Set<number> {
  const last = new Map(
    logOf(state, group).flatMap((one) => (one.kind === 'erase' || one.kind === 'unerase' ? [[one.target, one.kind]] : [])),
  );
  return new Set([...last].flatMap(([target, kind]) => (kind === 'erase' ? [target] : [])));
}

/** How many messages name a user in entries after message number `after`. */
const mentionsOf = (user: UserId, group: GroupId, after: number) => (state: State) => {
  const naming = logOf(state, group).flatMap((one) => {
    const isNaming = (one.kind === 'message' || one.kind === 'edit') && one.mentions?.includes(user) && !one.scrubbed;
    return isNaming && one.author !== user && one.n > after ? [one.kind === 'edit' ? one.target : one.seq] : [];
  });
  return Math.min(new Set(naming).size, MAX_MENTIONS_COUNTED);
};

/** The few writes that touch an entry after it was appended. */
function rewriting(
  lineOf: (group: GroupId) => Line,
  lines: readonly Line[],
): Pick<LogStore, 'snapshot' | 'dueScrubs' | 'scrub' | 'scrubActs' | 'clearDue' | 'listPending' | 'clearPending' | 'pins' | 'clearPins'> {
  const rewrite = (group: GroupId, label: string, change: Change) => lineOf(group).write(label, () => ({ result: undefined, change }));
  return {
    snapshot: (group, target, folded) =>
      rewrite(group, 'snapshot', (state) => {
        const entry = entryAt(state, group, target);
        if (entry?.kind === 'message' && !entry.scrubbed && folded.upto > (entry.folded?.upto ?? 0)) putEntry({ ...entry, folded })(state);
      }),
    dueScrubs: async (now, limit, held = []) => {
      const all = lines.map((line) => line.read('due', (state) => [...state.logs.keys()].flatMap((group) => logOf(state, group))));
      const due = (await Promise.all(all))
        .flat()
        .flatMap((one) =>
          (one.kind === 'erase' || one.kind === 'command') && !held.includes(one.group) && (one.due ?? now + 1) <= now ? [one] : [],
        );
      return due.sort((a, b) => (a.due ?? 0) - (b.due ?? 0)).slice(0, limit);
    },
    scrub: (group, target, erase) =>
      rewrite(group, 'scrub', (state) => {
        for (const entry of logOf(state, group)) {
          if (entry.kind === 'message' && entry.seq === target) {
            const { folded: _, attachments: _files, actions: _actions, command: _command, ...rest } = entry;
            putEntry({ ...rest, body: '', scrubbed: true })(state);
          }
          if (entry.kind === 'edit' && entry.target === target) {
            const { attachments: _files, actions: _actions, ...rest } = entry;
            putEntry({ ...rest, body: '', scrubbed: true })(state);
          }
          if (entry.kind === 'act' && entry.target === target) putEntry(withoutValues(entry))(state);
        }
        settle(group, erase)(state);
      }),
    scrubActs: (group, acts) =>
      rewrite(group, 'scrubActs', (state) => {
        for (const entry of logOf(state, group).filter(({ seq }) => acts.includes(seq))) {
          if (entry.kind === 'act') putEntry(withoutValues(entry))(state);
          if (entry.kind === 'command') putEntry({ ...entry, text: '', scrubbed: true })(state);
        }
      }),
    clearDue: (group, erase) => rewrite(group, 'settle', settle(group, erase)),
    listPending: async () => [], // no bot is called in the model
    clearPending: async () => {},
    pins: async () => [], // nobody pins in the model
    clearPins: async () => {},
  };
}

function withoutValues(entry: Entry & { kind: 'act' }): Entry {
  const { value: _value, values: _values, ...rest } = entry;
  return { ...rest, label: '', scrubbed: true };
}

const settle =
  (group: GroupId, erase: number): Change =>
  (state) => {
    const entry = entryAt(state, group, erase);
    if (entry?.kind !== 'erase' && entry?.kind !== 'command') return;
    const { due: _, ...rest } = entry;
    putEntry(rest)(state);
  };
