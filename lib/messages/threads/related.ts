import type { Core } from '../../core.ts';
import { invalid } from '../../errors.ts';
import type { GroupId, UserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { filesOf } from '../../log/body-text.ts';
import type { Message } from '../../log/entry.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import type { ThreadSummary } from '../../log/port.ts';
import { foldMessages } from '../../log/window.ts';
import { peopleNamed, readRendered } from '../rendered.ts';
import { dateFields, nameOf, type Profiles } from '../system-message.ts';

/**
 * What messages show of others: the messages that they answer (`answered`, by seq), and the threads that they are in (`threads`, by the seq of the
 * root).
 */
export type Related = { readonly answered: ReadonlyMap<number, FoldedMessage>; readonly threads: ReadonlyMap<number, ThreadSummary> };

/** Of messages that answer none, and have no replies yet. */
export const UNRELATED: Related = { answered: new Map(), threads: new Map() };

/** The seq of the root of the thread that a message is in, or begins once somebody answers it. */
export const rootOf = ({ seq, thread = seq }: Pick<Message, 'seq' | 'thread'>): number => thread;

/**
 * Reads what these messages of one group show of others, with three reads at most: one, and two more where messages are answered that are not among
 * them. Errors: StoreUnavailable.
 */
export async function readRelated(core: Pick<Core, 'store'>, folded: readonly FoldedMessage[]): Promise<Related> {
  const group = folded[0]?.message.group;
  if (group === undefined) return UNRELATED;
  const here = new Map(folded.map((one) => [one.message.seq, one]));
  const missing = new Set(folded.flatMap(({ message: { replyTo } }) => (replyTo === undefined || here.has(replyTo) ? [] : [replyTo])));
  const [messages, threads] = await Promise.all([
    missing.size === 0 ? [] : core.store.log.messagesAt(group, [...missing]),
    core.store.log.threads(group, [...new Set(folded.map(({ message }) => rootOf(message)))]),
  ]);
  const others = await foldMessages(core, group, messages);
  return { answered: new Map([...here, ...others.map((one) => [one.message.seq, one] as const)]), threads };
}

/** Of a message that was just written: no other can answer it yet, so that a message that answers none costs no read. */
export const readRelatedToNew = (core: Pick<Core, 'store'>, folded: FoldedMessage): Promise<Related> =>
  folded.message.replyTo === undefined ? Promise.resolve(UNRELATED) : readRelated(core, [folded]);

/** Ids of the users whose names are shown for this. */
export const peopleAnswered = ({ answered }: Related, { message: { replyTo } }: FoldedMessage): UserId[] => {
  const target = replyTo === undefined ? undefined : answered.get(replyTo);
  return target ? [target.message.author, ...peopleNamed(target.state)] : [];
};

/** Characters of the text of a message that a row which answers it shows. */
const SHOWN_CHARACTERS = 120;

/** The message that another answers, for a row. `text`: the start of its text in one line, '' when it is erased. */
export type Answered = { readonly seq: number; readonly name: string; readonly text: string; readonly erased: boolean };

/** Null when a message answers none, or the answered one is not known. */
export async function presentAnswered(
  core: Core,
  { message: { replyTo } }: FoldedMessage,
  { answered }: Related,
  profiles: Profiles,
): Promise<Answered | null> {
  const target = replyTo === undefined ? undefined : answered.get(replyTo);
  return target ? presentTarget(core, target, profiles) : null;
}

/** A message that another answers, or is to answer. */
export async function presentTarget(core: Core, target: FoldedMessage, profiles: Profiles): Promise<Answered> {
  const { seq, author, as } = target.message;
  const name = as ? `${nameOf(profiles, author)} (${as})` : nameOf(profiles, author); // a bot cannot pass for a person
  if (isErased(target)) return { seq, name, text: '', erased: true };
  const text = await readRendered(core, target, profiles, ({ text }) => text);
  return { seq, name, text: inOneLine(text) || (filesOf(target)[0]?.name ?? ''), erased: false };
}

function inOneLine(text: string): string {
  const start = text
    .slice(0, SHOWN_CHARACTERS * 8)
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...start];
  return characters.length > SHOWN_CHARACTERS ? `${characters.slice(0, SHOWN_CHARACTERS).join('').trimEnd()} …` : start;
}

/** The thread that the message with this seq began, for templates/messages/_thread.njk; null when nobody has answered it. */
export function presentThread(root: number, { threads }: Related) {
  const summary = threads.get(root);
  return summary ? { root, replies: summary.replies, rev: summary.lastSeq, iso: dateFields(summary.lastAt).iso } : null;
}

/** The thread of a message as JSON; null when it has no replies. */
export function threadJson({ message }: FoldedMessage, { threads }: Related) {
  const root = rootOf(message);
  const summary = threads.get(root);
  return summary ? { root, replies: summary.replies, last_at: dateFields(summary.lastAt).iso } : null;
}

/** The fields of a message that answers another, and the author of that one; neither for a message that answers none. */
type Reply = { readonly fields: Pick<Message, 'replyTo' | 'thread'>; readonly answered?: UserId };

/**
 * What a message stores that answers another. An erased message may be answered, so that a repeated request has the same result.
 * Errors: `invalid` (reply_to) when there is no such message in the group; StoreUnavailable.
 */
export async function readReply(core: Pick<Core, 'store'>, group: GroupId, replyTo: number | undefined): Promise<Reply> {
  if (replyTo === undefined) return { fields: {} };
  const target = await core.store.log.message(group, replyTo);
  if (!target) throw invalid('reply_to', t`There is no message ${replyTo} in this group.`);
  return { fields: { replyTo, thread: rootOf(target) }, answered: target.author };
}
