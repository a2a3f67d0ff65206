import type { Entry, Unerased } from './entry.ts';
import type { LogStore } from './port.ts';

/** Entries as a reader may see them now. `erased`: the messages among `textsIn(entries)` that are erased. */
export type Readable = { readonly entries: readonly Entry[]; readonly erased: ReadonlySet<number> };

type Reads = Pick<LogStore, 'erasedAmong' | 'lastEdit' | 'message'>;

/** The seqs of the messages whose text these entries have. */
export const textsIn = (entries: readonly Entry[]): number[] => [...new Set(entries.flatMap((entry) => textOf(entry) ?? []))];

function textOf(entry: Entry): number | undefined {
  if (entry.kind === 'message') return entry.seq;
  return entry.kind === 'edit' || entry.kind === 'unerase' || entry.kind === 'act' ? entry.target : undefined;
}

/**
 * Consecutive entries of one group as they may be shown to a reader who asks now: the texts of erased messages are empty, as scrubbing leaves them
 * later. A message is as it was posted, without its snapshot; an `unerase` has the text that it brought back, for readers who never got it.
 * `liveSince`: a message or edit between this time (ms) and a time as long after `now` is not looked up, since its reader follows the log live.
 * Errors: StoreUnavailable.
 */
export async function withholdErased(
  log: Reads,
  entries: readonly Entry[],
  live?: { readonly since: number; readonly until: number },
): Promise<Readable> {
  const isLive = ({ kind, at }: Entry): boolean => live !== undefined && kind !== 'unerase' && at >= live.since && at <= live.until;
  const group = entries[0]?.group;
  const texts = textsIn(entries.filter((entry) => !isLive(entry)));
  const erased = group === undefined || texts.length === 0 ? new Set<number>() : await log.erasedAmong(group, texts);
  const readable = entries.map((entry) => {
    const text = textOf(entry);
    if (text !== undefined && erased.has(text)) return withoutText(entry);
    return entry.kind === 'unerase' ? withText(log, entry) : asPosted(entry);
  });
  return { entries: await Promise.all(readable), erased };
}

/** The form in which scrubbing leaves an entry. */
function withoutText(entry: Entry): Entry {
  if (entry.kind === 'unerase') return { ...entry, body: '', scrubbed: true };
  if (entry.kind === 'act') {
    const { value: _value, values: _values, original: _original, ...rest } = entry;
    return { ...rest, label: '', scrubbed: true };
  }
  if (entry.kind !== 'message' && entry.kind !== 'edit') return entry;
  const { attachments: _files, actions: _actions, ...rest } = entry;
  return asPosted({ ...(rest.kind === 'message' ? withoutCommand(rest) : rest), body: '', scrubbed: true });
}

function withoutCommand<M extends { readonly command?: unknown }>({ command: _command, ...rest }: M): Omit<M, 'command'> {
  return rest;
}

function asPosted(entry: Entry): Entry {
  if (entry.kind !== 'message' || entry.folded === undefined) return entry;
  const { folded: _later, ...posted } = entry;
  return posted;
}

/** The text in effect at an `unerase`: an erased message cannot be edited. */
async function withText(log: Reads, entry: Entry & Unerased): Promise<Entry> {
  const { group, target, seq } = entry;
  const text = (await log.lastEdit(group, target, seq)) ?? (await log.message(group, target));
  if (!text) return entry;
  const { body, format, mentions, scrubbed } = text;
  return { ...entry, body, format, ...(mentions ? { mentions } : {}), ...(scrubbed ? { scrubbed } : {}) };
}
