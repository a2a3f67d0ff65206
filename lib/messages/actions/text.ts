import type { Action } from '../../log/action.ts';
import { actionsOf, type FoldedMessage } from '../../log/fold.ts';
import { dateFields, nameOf, type Profiles } from '../system-message.ts';
import { stateOf, type UseState } from './state.ts';

/** The actions of a message as lines of text, in English: `[action] Approve (approve)`, with the id to use it by; or what became of it. */
export const actionLines = (folded: FoldedMessage, profiles: Profiles): string[] =>
  actionsOf(folded).flatMap((action) => {
    const state = stateOf(folded, action);
    const parts = [
      ...(state.isOpen || state.count ? [nameIn(action, state)] : []),
      ...resultIn(state, profiles),
      ...(state.isWaiting ? ['waiting for the bot'] : []),
    ];
    return parts.length === 0 ? [] : [`[action] ${parts.join(', ')}`];
  });

const nameIn = ({ id, label, done }: Action, { isOpen }: UseState): string => (isOpen ? `${label} (${id})` : (done ?? label));

function resultIn({ count, by, last }: UseState, profiles: Profiles): string[] {
  if (!count) return [];
  if (!last) return [`used ${count === 1 ? 'once' : `${count} times`}`];
  return [by.map((id) => nameOf(profiles, id)).join(', '), dateFields(last.at).time];
}
