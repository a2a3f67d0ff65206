import type { Profile } from '../../core.ts';
import type { UserId } from '../../ids.ts';
import { plural, t } from '../../language/text.ts';
import { type Acted, type Action, publicAction } from '../../log/action.ts';
import type { Commanded } from '../../log/entry.ts';
import { actionsOf, type FoldedMessage } from '../../log/fold.ts';
import { datesIn } from '../../text/dates.ts';
import { dateFields, nameOf, type Profiles } from '../system-message.ts';
import { stateOf, type UseState } from './state.ts';

/** What became of an action. `text`: its label, or what it says when it is done (`isDone`). `names`, `iso`: who, and when last; '' where only the number is known. */
type Result = { readonly text: string; readonly isDone: boolean; readonly names: string; readonly iso: string; readonly count: string };

/** An action for templates/messages/_actions.njk. The same for every viewer. */
export type ActionRow = {
  readonly id: string;
  readonly label: string;
  readonly style: string;
  readonly confirm: string | null;
  /** Whether it asks for values, on a form of its own. */
  readonly asks: boolean;
  readonly open: boolean;
  /** Who may use it: ids separated by spaces, or `moderators`; null: anyone. */
  readonly who: string | null;
  /** The same in words; '' where others need not know of it. */
  readonly only: string;
  /** Ids of those who cannot use it again, as far as everybody may know them. */
  readonly by: string;
  readonly result: Result | null;
};

/** The actions of a message for its row. `waits`: whether the bot has not answered a use. */
export type ActionRows = {
  readonly actions: readonly ActionRow[];
  /** Whether the bot has not answered a use of them. */
  readonly waits: boolean;
};

const MAX_NAMES = 5;

/** The actions of a message that there is something to show of. */
export function presentActions(folded: FoldedMessage, profiles: Profiles): ActionRows {
  const states = actionsOf(folded).map((action) => ({ action, state: stateOf(folded, action) }));
  const usedBy = ({ id, choice }: Action): readonly UserId[] =>
    states.flatMap(({ action, state }) => (action.id === id || (choice !== undefined && action.choice === choice) ? state.by : []));
  const rows = states.map(({ action, state }) => presentAction(action, state, usedBy(action), profiles));
  return { actions: rows.filter(({ open, result }) => open || result !== null), waits: states.some(({ state }) => state.isWaiting) };
}

/** `usedBy`: who has used it, or another one of its choice. */
function presentAction(action: Action, state: UseState, usedBy: readonly UserId[], profiles: Profiles): ActionRow {
  const { id, label, style = '', confirm = null, fields = [], who, uses } = action;
  return {
    ...{ id, label, style, confirm, asks: fields.length > 0, open: state.isOpen },
    who: who === undefined ? null : typeof who === 'string' ? who : who.join(' '),
    only: who === undefined || action.poll ? '' : whoText(who, profiles),
    by: uses === 'person' ? usedBy.join(' ') : '',
    result: resultOf(action, state, profiles),
  };
}

/** Who may use an action, in words. */
export const whoText = (who: NonNullable<Action['who']>, profiles: Profiles): string =>
  typeof who === 'string' ? t`moderators` : namesOf(who, profiles);

function namesOf(ids: readonly UserId[], profiles: Profiles): string {
  const names = ids.slice(0, MAX_NAMES).map((id) => nameOf(profiles, id));
  const more = ids.length - names.length;
  return more > 0 ? t`${names.join(', ')} and ${more} more` : names.join(', ');
}

function resultOf({ label, done, poll }: Action, { count, by, last, isOpen }: UseState, profiles: Profiles): Result | null {
  if (poll === 'option' && (count || !isOpen))
    return { text: `${label} (${count ?? 0})`, isDone: false, names: last ? namesOf(by, profiles) : '', iso: '', count: '' };
  if (!count) return null;
  const said = { text: done ?? label, isDone: done !== undefined };
  if (last) return { ...said, names: namesOf(by, profiles), iso: dateFields(last.at).iso, count: '' };
  return { ...said, names: '', iso: '', count: isOpen || count > 1 ? plural(count, 'use') : '' };
}

const dates = datesIn('UTC');
const named = (id: UserId, profiles: ReadonlyMap<UserId, Pick<Profile, 'name'>>) => ({ id, name: profiles.get(id)?.name ?? 'somebody' });

/** The actions of a message as JSON, with what a viewer may know of their uses; without a viewer, what everybody in the group may know. */
export const actionsJson = (folded: FoldedMessage, profiles: Profiles, viewer?: UserId) =>
  actionsOf(folded).map((action) => {
    const { isOpen, count, by, last, isWaiting } = stateOf(folded, action, viewer);
    return {
      ...actionJson(action),
      state: {
        ...{ open: isOpen, count, by: by.map((id) => named(id, profiles)), waiting: isWaiting },
        last: last ? { by: named(last.by, profiles), at: dates.iso(last.at) } : null,
      },
    };
  });

/** An action as JSON, as it was posted; users by their ids. Without what is for its bot alone. */
export function actionJson(action: Action) {
  const { style, who, fields, ...rest } = publicAction(action);
  return { ...rest, style: style ?? ('default' as const), who: who ?? ('anyone' as const), fields: fields ?? [] };
}

type Private = Acted | Commanded;

/** Whether only the bot and the author of an entry may know whose it is. */
export const isHidden = (entry: Private): boolean => entry.kind === 'command' || entry.hidden === true;

/** The use of an action, or a command that is not shown, as JSON without its author. What was written is for those who are involved: the bot and the author. */
export const privateJson = (entry: Private, isInvolved: boolean) =>
  entry.kind === 'act' ? actJson(entry, isInvolved) : commandJson(entry, isInvolved);

const actJson = ({ bot: _bot, hidden: _hidden, integrated: _integrated, value, values, original, ...act }: Acted, isInvolved: boolean) => ({
  ...act,
  ...(isInvolved ? { value: value ?? null, values: values ?? {}, ...originalJson({ value, values, original }) } : {}),
});

const commandJson = ({ due: _due, text, ...command }: Commanded, isInvolved: boolean) => ({ ...command, ...(isInvolved ? { text } : {}) });
/** The use of an action as it is called in the format in which the action was posted; nothing for one in Parley's own. */
export function originalJson({ value, values = {}, original }: { readonly [K in 'value' | 'values' | 'original']?: Acted[K] | undefined }) {
  if (!original) return {};
  const { action, block, fields = {} } = original;
  const named = Object.entries(values).map(([id, typed]) => [fields[id] ?? id, typed] as const);
  return {
    original: {
      ...{ action, ...(block === undefined ? {} : { block }), value: original.value ?? value ?? null },
      fields: Object.fromEntries(named),
    },
  };
}
