import { type GroupAccess, isMember, mayManage } from '../../groups/rules.ts';
import type { Action } from '../../log/action.ts';
import { actionsOf, type FoldedMessage, isErased } from '../../log/fold.ts';
import { isClosed, isOpen, sharedUses } from './state.ts';

/** The action of a message with this id; undefined when the message has none now. */
export const actionNamed = (folded: FoldedMessage, id: string): Action | undefined => actionsOf(folded).find((one) => one.id === id);

/**
 * Why somebody who may post cannot use an action: the message is erased, the bot has taken the action away (`absent`) or ended its use (`locked`), or it is of a poll that is over (`closed`); it is
 * for others; it was used, by anybody or by this person.
 */
export type Refusal = 'erased' | 'absent' | 'others' | 'locked' | 'closed' | 'used' | 'usedByYou';

/** Whether `access` may use an action of a message now: undefined, or why not. */
export function refusalOf(access: GroupAccess, folded: FoldedMessage, id: string): Refusal | undefined {
  const action = actionNamed(folded, id);
  if (isErased(folded)) return 'erased';
  if (!action) return 'absent';
  if (!isFor(action, access)) return 'others';
  if (action.locked) return 'locked';
  if (isClosed(folded, action)) return 'closed';
  const isYours = sharedUses(folded, action).some(({ by }) => by.includes(access.user.id));
  if (!isOpen(folded, action)) return isYours ? 'usedByYou' : 'used';
  return action.uses === 'person' && isYours ? 'usedByYou' : undefined;
}

/** Moderators: those who manage the group. */
function isFor({ who }: Action, access: GroupAccess): boolean {
  if (who === undefined) return true;
  return who === 'moderators' ? isMember(access) && mayManage(access) : who.includes(access.user.id);
}

/** Whether two lists have the same actions; the fields of each are in the order in which resolveActions puts them. */
export const areAlike = (some: readonly Action[] | undefined, others: readonly Action[] | undefined): boolean =>
  JSON.stringify(some ?? []) === JSON.stringify(others ?? []);

const OPENNESS = { nobody: 0, count: 1, names: 2 } as const;

/** The position of the first action that would show more of uses that there are; −1 for none. People have used it on other terms. */
export const revealing = (present: FoldedMessage, next: readonly Action[]): number =>
  next.findIndex(({ id, show }) => {
    const before = actionNamed(present, id);
    return before !== undefined && OPENNESS[show] > OPENNESS[before.show] && (present.state.uses ?? []).some(({ action }) => action === id);
  });
