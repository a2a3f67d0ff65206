import type { UserId } from '../../ids.ts';
import { type Action, type ActionUses, isWaiting } from '../../log/action.ts';
import { actionsOf, type FoldedMessage, usesOf } from '../../log/fold.ts';

/**
 * The uses of an action as a viewer may know them. `isOpen`: whether it can be used, as far as that does not depend on who asks. `count`: null where that is
 * hidden. `by`: those whom the viewer may know, by their first uses. `last`: of the last use, where its user may be known. `isWaiting`: for the bot's answer.
 */
export type UseState = {
  readonly isOpen: boolean;
  readonly count: number | null;
  readonly by: readonly UserId[];
  readonly last: { readonly by: UserId; readonly at: number } | null;
  readonly isWaiting: boolean;
};

const NONE: readonly UserId[] = [];

/** All uses of the actions that share them: those with the same choice, or of this one alone. */
export function sharedUses(folded: FoldedMessage, { id, choice }: Action): readonly ActionUses[] {
  const ids = choice === undefined ? [id] : actionsOf(folded).flatMap((one) => (one.choice === choice ? [one.id] : []));
  return ids.flatMap((one) => usesOf(folded, one) ?? []);
}

/** Whether an action can be used by anybody: it is not locked, and not one that was used once and for all. */
export const isOpen = (folded: FoldedMessage, action: Action): boolean =>
  action.locked !== true && !isClosed(folded, action) && !(action.uses === 'once' && sharedUses(folded, action).length > 0);

/** Whether it is an option of a poll that its author has closed. */
export const isClosed = (folded: FoldedMessage, { poll }: Action): boolean =>
  poll === 'option' && actionsOf(folded).some((one) => one.poll === 'close' && usesOf(folded, one.id) !== undefined);

/**
 * What a viewer may know of the uses of an action. The bot knows all, everybody their own uses, and others what `show` says; without a viewer, what
 * everybody in the group may know.
 */
export function stateOf(folded: FoldedMessage, action: Action, viewer?: UserId): UseState {
  const uses = usesOf(folded, action.id);
  const open = isOpen(folded, action);
  const isBot = viewer === folded.message.author;
  const hasNames = isBot || action.show === 'names';
  const hasCount = isBot || action.show !== 'nobody';
  if (!uses) return { isOpen: open, count: hasCount ? 0 : null, by: NONE, last: null, isWaiting: false };
  const isKnown = (id: UserId): boolean => hasNames || id === viewer;
  return {
    isOpen: open,
    count: hasCount ? uses.count : null,
    by: uses.by.filter(isKnown),
    last: isKnown(uses.last.by) ? { by: uses.last.by, at: uses.last.at } : null,
    isWaiting: action.poll === undefined && (hasCount || !open || uses.last.by === viewer) && isWaiting(uses),
  };
}

/** Everybody whose name the actions of a message show to somebody. */
export const peopleInActions = (folded: FoldedMessage): UserId[] =>
  actionsOf(folded).flatMap(({ id, who }) => [...(usesOf(folded, id)?.by ?? []), ...(typeof who === 'object' ? who : [])]);
