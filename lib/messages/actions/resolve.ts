import { nameKey } from '../../accounts/account.ts';
import type { Core } from '../../core.ts';
import { DomainError, forbidden, invalid } from '../../errors.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { asUserId, type UserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import type { Action, ActionField } from '../../log/action.ts';
import { cleanText, isBlank } from '../../text/body.ts';
import type { ActionInput, FieldInput } from './forms.ts';

type Option = NonNullable<FieldInput['options']>[number];

/** Of all actions of a message as JSON, in UTF-8. */
export const MAX_ACTIONS_BYTES = 65_536;

/**
 * The actions that a bot posts, with the ids of those who may use them. Errors: `forbidden` for a person; `tooLarge` (actions); `invalid`, naming the field:
 * a blank text, an id or value that another one has, a select without options, a name that is no member's.
 */
export async function resolveActions(core: Core, at: GroupAccess, given: readonly ActionInput[]): Promise<readonly Action[]> {
  if (given.length === 0) return [];
  if (!at.user.bot) throw forbidden(t`Only bots can post actions.`);
  const bytes = Buffer.byteLength(JSON.stringify(given), 'utf8');
  if (bytes > MAX_ACTIONS_BYTES)
    throw new DomainError('tooLarge', t`actions are too long: ${bytes} bytes, ${MAX_ACTIONS_BYTES} at most.`, { field: 'actions' });
  requireDistinct(
    given,
    ({ id }) => id,
    (index) => `actions.${index}.id`,
  );
  const isAsked = given.some(({ who }) => typeof who !== 'string');
  const find = isAsked ? await memberFinder(core, at) : () => undefined;
  return given.map((action, index) => actionOf(action, `actions.${index}`, find));
}

/** Errors: `invalid`, at the first item that is the same as one before it. */
function requireDistinct<T>(items: readonly T[], keyOf: (item: T) => string, fieldOf: (index: number) => string): void {
  const keys = items.map(keyOf);
  const twice = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (twice >= 0) throw invalid(fieldOf(twice), t`${fieldOf(twice)}: another one has this.`);
}

type Find = (name: string) => UserId | undefined;

function memberNamed(id: UserId | undefined, name: string, field: string): UserId {
  if (id === undefined) throw invalid(field, t`There is no member ${name} in this group.`);
  return id;
}

/** Finds members of the group by id, or by log-in name with or without @. */
export async function memberFinder(core: Core, at: GroupAccess): Promise<(name: string) => UserId | undefined> {
  const members = await core.store.memberships.ofGroup(at.group.id);
  const users = (await core.store.users.byIds(members.map(({ user }) => user))).filter(({ disabled }) => !disabled);
  const byKey = new Map(users.map((user) => [user.nameKey, user.id]));
  const ids = new Set<string>(users.map(({ id }) => id));
  return (name) => (ids.has(name) ? asUserId(name) : byKey.get(nameKey(name.replace(/^@/, ''))));
}

/** A text of one line. Errors: `invalid`. */
function line(text: string, field: string): string {
  const cleaned = cleanText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
  if (isBlank(cleaned)) throw invalid(field, t`${field} must not be blank.`);
  return cleaned;
}

/** `at`: its position, for errors. The fields stand in this order in all stored actions: `areAlike` compares them as JSON. */
function actionOf(given: ActionInput, at: string, find: Find): Action {
  const { id, label, style, value, done, confirm, fields, who, uses, show, choice, locked } = given;
  requireDistinct(
    fields,
    (field) => field.id,
    (index) => `${at}.fields.${index}.id`,
  );
  const people = typeof who === 'string' ? [] : who.map((name, index) => memberNamed(find(name), name, `${at}.who.${index}`));
  return {
    ...{ id, label: line(label, `${at}.label`) },
    ...(style === 'default' ? {} : { style }),
    ...(value === undefined ? {} : { value: cleanText(value) }),
    ...(done === undefined ? {} : { done: line(done, `${at}.done`) }),
    ...(confirm === undefined ? {} : { confirm: line(confirm, `${at}.confirm`) }),
    ...(fields.length === 0 ? {} : { fields: fields.map((field, index) => fieldOf(field, `${at}.fields.${index}`)) }),
    ...(who === 'anyone' ? {} : { who: who === 'moderators' ? who : [...new Set(people)] }),
    ...{ uses, show },
    ...(choice === undefined ? {} : { choice }),
    ...(locked ? { locked } : {}),
  };
}

function fieldOf({ id, label, type, optional, hint, initial, max, multiline, options }: FieldInput, at: string): ActionField {
  if (type === 'select' && options === undefined) throw invalid(`${at}.options`, t`${at}: a select needs options.`);
  requireDistinct(
    options ?? [],
    (option) => option.value,
    (index) => `${at}.options.${index}.value`,
  );
  return {
    ...{ id, label: line(label, `${at}.label`), type },
    ...(optional ? { optional } : {}),
    ...(hint === undefined ? {} : { hint: line(hint, `${at}.hint`) }),
    ...(initial === undefined ? {} : { initial: cleanText(initial) }),
    ...(max === undefined || type !== 'text' ? {} : { max }),
    ...(multiline && type === 'text' ? { multiline } : {}),
    ...(options === undefined || type !== 'select'
      ? {}
      : { options: options.map((option, index) => optionOf(option, `${at}.options.${index}`)) }),
  };
}

/** The value is stored cleaned, as what is typed is compared with it. */
const optionOf = ({ text, value }: Option, at: string): Option => ({ text: line(text, `${at}.text`), value: line(value, `${at}.value`) });

/** The same actions without further uses: all of them, or those with these ids. Errors: `invalid` (lock) for an id that is no action's. */
export function lockedActions(actions: readonly Action[], lock: true | readonly string[]): readonly Action[] {
  const unknown = lock === true ? undefined : lock.find((id) => !actions.some((one) => one.id === id));
  if (unknown !== undefined) throw invalid('lock', t`This message has no action ${unknown}.`);
  return actions.map((action) => (lock === true || lock.includes(action.id) ? { ...action, locked: true as const } : action));
}
