import type { UserId } from '../ids.ts';
import { type Entry, isFollowUp } from '../log/entry.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import { rootOf } from '../messages/threads/related.ts';
import { normalizeForMatch } from '../text/keywords.ts';
import { type Filter, passes } from './filter.ts';

/** Applies the filters of streams to the entries of one batch. Each body is normalized once for all of them. */
export class EntryFilter {
  readonly #isDirect: boolean;
  /** The messages that follow-ups of the batch change. */
  readonly #folded: ReadonlyMap<number, FoldedMessage>;
  readonly #texts = new Map<Entry, string>();

  constructor(isDirect: boolean, folded: ReadonlyMap<number, FoldedMessage>) {
    this.#isDirect = isDirect;
    this.#folded = folded;
  }

  /** Without a filter every entry passes. */
  passes(entry: Entry, user: UserId, filter: Filter | undefined): boolean {
    return (
      !filter || passes(filter, user, { entry, isDirect: this.#isDirect, text: () => this.#text(entry), root: this.#root(entry, filter) })
    );
  }

  /** The root of the thread of the message that an entry is or changes, where the filter asks for it. */
  #root(entry: Entry, { thread }: Filter): number | undefined {
    if (thread === undefined) return undefined;
    const message = isFollowUp(entry) ? this.#folded.get(entry.target)?.message : entry.kind === 'message' ? entry : undefined;
    return message && rootOf(message);
  }

  #text(entry: Entry): string {
    const known = this.#texts.get(entry);
    if (known !== undefined) return known;
    const text = 'body' in entry ? normalizeForMatch(bodyAsText(entry.body ?? '', entry.format ?? 'text')) : '';
    this.#texts.set(entry, text);
    return text;
  }
}

/** Whether an entry is in part for its bot and its author only: the use of an action, or a command that is not shown. */
export const isPrivate = (entry: Entry): entry is Entry & { kind: 'act' | 'command' } => entry.kind === 'act' || entry.kind === 'command';

/** Whether it is a private entry of this user, or for this bot: they may read all of it. */
export const isInvolvedIn = (entry: Entry, user: UserId): boolean => isPrivate(entry) && (entry.bot === user || entry.author === user);

export const isWithin = (entry: Entry | undefined, after: number, upTo: number): boolean =>
  entry !== undefined && entry.seq > after && entry.seq <= upTo;
