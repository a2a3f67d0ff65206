import { filesOf } from '../log/body-text.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import type { Indexed } from './port.ts';
import { termsOf } from './terms.ts';

/** Stands for every message. */
export const ANY_MESSAGE_TERM = '*';
export const authorTerm = (author: string): string => `@${author}`;

/** What a message is searched by: its text as a reader has it, and the names of its files. Nothing once it is erased. */
export function searchText(folded: FoldedMessage): string {
  if (isErased(folded)) return '';
  const { state } = folded;
  return [bodyAsText(state.body, state.format), ...filesOf(folded).map(({ name }) => name)].join('\n');
}

/** A message as the index keeps it. */
export function indexed(folded: FoldedMessage): Indexed {
  const { message, rev } = folded;
  const terms = isErased(folded) ? [] : [...termsOf(searchText(folded)), authorTerm(message.author), ANY_MESSAGE_TERM];
  return { seq: message.seq, rev, at: message.at, terms };
}
