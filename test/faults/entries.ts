import { bodyAsText } from '../../lib/markup/rich-content-text.ts';

/** The name of the bot. */
export const BOT = 'Echo';

/** The fields of a JSON entry that the checks read. */
export type EntryJson = {
  readonly seq: number;
  readonly n: number;
  readonly kind: string;
  readonly at: string;
  readonly author: { readonly id: string; readonly name: string; readonly as?: string };
  readonly body?: string;
  readonly format?: 'text' | 'markdown' | 'model';
  readonly target?: number;
  readonly reply_to?: number | null;
  /** As it was when the entry was read. */
  readonly thread?: unknown;
  /** For a join: the member. */
  readonly member?: string;
  readonly emoji?: string;
  /** Of a message of a bot. */
  readonly actions?: readonly { readonly id: string; readonly label: string }[];
  /** Of an `act`; what was typed only for those who are involved. */
  readonly label?: string;
  readonly value?: unknown;
  readonly values?: unknown;
  /** For a message: the last seq folded in. */
  readonly rev?: number;
  readonly erased?: boolean;
  readonly scrubbed?: boolean;
  readonly reactions?: readonly { readonly emoji: string; readonly by: readonly string[] }[];
  readonly edited_at?: string | null;
};

/** A message of the history. */
export type MessageJson = EntryJson & {
  readonly rev: number;
  readonly body: string;
  readonly html: string;
  readonly erased: boolean;
  readonly reactions: readonly { readonly emoji: string; readonly by: readonly string[] }[];
  readonly edited_at: string | null;
};

/** Whether the text was scrubbed before the message was read. */
export const isGone = (entry: EntryJson): boolean => entry.erased === true || entry.scrubbed === true;

/** The seq of the message that an entry is, or changes. */
export const aboutOf = (entry: EntryJson): number => entry.target ?? entry.seq;

/** The lines of the text stream for an entry with this `body`; undefined for an entry that it leaves out. */
export function textOf(
  { kind, author, target, member, label, actions = [], reply_to: answered, format = 'text' }: EntryJson,
  written: string,
): string | undefined {
  const body = bodyAsText(written, format);
  const sender = author.as ? `${author.name} (${author.as})` : author.name;
  if (kind === 'message') {
    const offers = actions.map((one) => `\n[action] ${one.label} (${one.id})`).join('');
    return indented(`${sender}: ${answered && body !== '(erased)' ? `(reply to #${answered}) ` : ''}${body}${offers}`);
  }
  if (kind === 'edit') return indented(`${author.name}: ${body === '(erased)' ? body : `(edited #${target}) ${body}`}`);
  if (kind === 'unerase') return indented(`${author.name}: ${body === '(erased)' ? body : `(restored #${target}) ${body}`}`);
  if (kind === 'erase') return `* ${author.name} erased #${target}`;
  if (kind === 'act') return `* ${author.name} used “${label}” of #${target}`;
  if (kind === 'join') return `* ${author.name} ${member === author.id ? 'joined' : `added ${BOT}`}`;
  return undefined;
}

const indented = (text: string): string => text.replaceAll('\n', '\n  ');

type State = Pick<MessageJson, 'body' | 'erased' | 'rev' | 'edited_at' | 'reactions'>;

/** The final state of each message, folded from all entries, by seq. */
export function foldOf(entries: readonly EntryJson[]): Map<number, EntryJson & State> {
  const messages = new Map<number, EntryJson & State>();
  for (const entry of entries) {
    if (entry.kind === 'message')
      messages.set(entry.seq, { ...entry, body: '', erased: false, rev: entry.seq, edited_at: null, reactions: [], ...entry });
    const target = messages.get(entry.target ?? 0);
    if (target && entry.seq > target.rev) messages.set(target.seq, { ...target, ...changed(target, entry), rev: entry.seq });
  }
  return messages;
}

function changed({ reactions }: State, { kind, body = '', at, emoji = '', author }: EntryJson): Partial<State> {
  const others = reactions.map((one) => (one.emoji === emoji ? { emoji, by: one.by.filter((id) => id !== author.id) } : one));
  switch (kind) {
    case 'edit':
      return { body, edited_at: at };
    case 'erase':
      return { erased: true };
    case 'unerase':
      return { body, erased: false };
    case 'react':
      return { reactions: [...others.filter((one) => one.emoji !== emoji), { emoji, by: [...(byOf(others, emoji) ?? []), author.id] }] };
    case 'unreact':
      return { reactions: others.filter((one) => one.by.length > 0) };
    default:
      return {};
  }
}

const byOf = (reactions: State['reactions'], emoji: string) => reactions.find((one) => one.emoji === emoji)?.by;
