import type { UserId } from '../ids.ts';
import type { Action } from './action.ts';

/** `multiple`: whether somebody may choose several options. `show`: what everybody learns of the votes. */
export type PollOptions = { readonly multiple: boolean; readonly show: 'names' | 'count' };

/** How many options a poll has. */
export const [MIN_OPTIONS, MAX_OPTIONS] = [2, 20];

/** The actions of a poll: one for each option, which everybody may choose once, and one by which its author closes it. */
export const pollActions = (author: UserId, labels: readonly string[], { multiple, show }: PollOptions, close: ClosingLabels): Action[] => [
  ...labels.map(
    (label, index): Action => ({
      ...{ id: `option-${index + 1}`, label, uses: 'person', show, poll: 'option' },
      ...(multiple ? {} : { choice: 'vote' }),
    }),
  ),
  { id: 'close', label: close.label, done: close.done, who: [author], uses: 'once', show: 'names', poll: 'close' },
];

/** What the button that closes a poll says, before and after. */
export type ClosingLabels = { readonly label: string; readonly done: string };
