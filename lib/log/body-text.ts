import { bodyAsText } from '../markup/rich-content-text.ts';
import type { Attached } from './entry.ts';
import { type FoldedMessage, isErased } from './fold.ts';

/** The files of a message: an edit of the text keeps them, an erasure removes them. */
export const filesOf = (folded: FoldedMessage): readonly Attached[] =>
  isErased(folded) ? [] : (folded.state.attachments ?? folded.message.attachments ?? []);

/** The body as plain text; `(erased)` for an erased message. */
export const bodyText = (folded: FoldedMessage): string =>
  isErased(folded) ? '(erased)' : bodyAsText(folded.state.body, folded.state.format);

/** The body as its author wrote it; rich content as plain text. */
export const writtenBody = ({ state }: FoldedMessage): string =>
  state.format === 'model' ? bodyAsText(state.body, state.format) : state.body;
