import { weightOf } from '../markup/cost.ts';
import type { Entry } from './entry.ts';
import { type FoldedMessage, isErased } from './fold.ts';

/** What a page may weigh: about 1 MB of plain text, or sixteen messages that are as costly as a message can be. */
export const PAGE_WEIGHT = 1024 * 1024;
/** What is read and written to streams at a time. */
export const BATCH_WEIGHT = 256 * 1024;

/** Of a row without its text, and of a user who reacted. */
const [WEIGHT_OF_ROW, WEIGHT_OF_REACTION] = [100, 20];

/** What showing a message takes, in bytes of plain text that take as long. */
export function weightOfMessage(folded: FoldedMessage): number {
  if (isErased(folded)) return WEIGHT_OF_ROW;
  const { body, format, reactions } = folded.state;
  const reacted = reactions.reduce((sum, { by }) => sum + by.length, 0);
  return WEIGHT_OF_ROW + weightOf(body, format) + WEIGHT_OF_REACTION * reacted;
}

/** As weightOfMessage, of an entry alone. */
export const weightOfEntry = (entry: Entry): number =>
  WEIGHT_OF_ROW + ('body' in entry && entry.body && entry.format ? weightOf(entry.body, entry.format) : 0);
