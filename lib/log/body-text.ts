import { bodyAsText } from '../markup/rich-content-text.ts';
import type { Attached } from './entry.ts';
import { type FoldedMessage, isErased } from './fold.ts';

/** The files of a message: they stay when the text is edited, and go when it is erased. */
export const filesOf = (folded: FoldedMessage): readonly Attached[] => (isErased(folded) ? [] : (folded.message.attachments ?? []));

/** The body as text, or a word in its place. */
export const bodyText = (folded: FoldedMessage): string =>
  isErased(folded) ? '(erased)' : bodyAsText(folded.state.body, folded.state.format);

/** The body as its author wrote it; what a bot said in cards, as text. */
export const writtenBody = ({ state }: FoldedMessage): string =>
  state.format === 'model' ? bodyAsText(state.body, state.format) : state.body;
