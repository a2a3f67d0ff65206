import { weightOf } from '../markup/cost.ts';
import type { Action } from './action.ts';
import type { Entry } from './entry.ts';
import { actionsOf, type FoldedMessage, isErased } from './fold.ts';

/** What a page may weigh: about 1 MB of plain text, or sixteen messages that are as costly as a message can be. */
export const PAGE_WEIGHT = 1024 * 1024;
/** What is read and written to streams at a time. */
export const BATCH_WEIGHT = 256 * 1024;

/** Of a row without its text, and of a user who reacted or used an action. */
const [WEIGHT_OF_ROW, WEIGHT_OF_REACTION] = [100, 20];
/** Of a button, of a field, and of an option of a field. */
const [WEIGHT_OF_ACTION, WEIGHT_OF_FIELD, WEIGHT_OF_OPTION] = [600, 300, 60];

/** What showing a message takes, in bytes of plain text that take as long. */
export function weightOfMessage(folded: FoldedMessage): number {
  if (isErased(folded)) return WEIGHT_OF_ROW;
  const { body, format, reactions, uses = [] } = folded.state;
  const people = [...reactions, ...uses].reduce((sum, { by }) => sum + by.length, 0);
  return WEIGHT_OF_ROW + weightOf(body, format) + WEIGHT_OF_REACTION * people + weightOfActions(actionsOf(folded));
}

const weightOfActions = (actions: readonly Action[]): number =>
  actions.reduce((sum, { fields = [], value = '' }) => sum + WEIGHT_OF_ACTION + value.length + weightOfFields(fields), 0);

const weightOfFields = (fields: NonNullable<Action['fields']>): number =>
  fields.reduce((sum, { options = [] }) => sum + WEIGHT_OF_FIELD + WEIGHT_OF_OPTION * options.length, 0);

/** As weightOfMessage, of an entry alone. */
export const weightOfEntry = (entry: Entry): number =>
  WEIGHT_OF_ROW +
  ('body' in entry && entry.body && entry.format ? weightOf(entry.body, entry.format) : 0) +
  ('actions' in entry ? weightOfActions(entry.actions ?? []) : 0);
