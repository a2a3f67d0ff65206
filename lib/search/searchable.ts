import { filesOf } from '../log/body-text.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import type { Indexed } from './port.ts';
import { termsOf } from './terms.ts';

/** A term of every message. */
export const ANY_MESSAGE_TERM = '*';
export const authorTerm = (author: string): string => `@${author}`;

/** The searchable text of a message: its plain text and the names of its files; empty when it is erased. */
export function searchText(folded: FoldedMessage): string {
  if (isErased(folded)) return '';
  const { state } = folded;
  return [bodyAsText(state.body, state.format), ...filesOf(folded).map(({ name }) => name)].join('\n');
}

/** The index record of a message. */
export function indexed(folded: FoldedMessage): Indexed {
  const { message, rev } = folded;
  const terms = isErased(folded) ? [] : [...termsOf(searchText(folded)), authorTerm(message.author), ANY_MESSAGE_TERM];
  return { seq: message.seq, rev, at: message.at, terms };
}
