import type { Core } from '../../core.ts';
import { type DomainError, invalid } from '../../errors.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { t } from '../../language/text.ts';
import type { Action, ActionField } from '../../log/action.ts';
import { cleanText, isBlank } from '../../text/body.ts';
import { MAX_TEXT } from './forms.ts';
import { memberFinder } from './resolve.ts';

/** Values by the id of a field, as somebody has sent them. */
export type GivenValues = Readonly<Record<string, string>>;

const DAY = /^[1-9]\d{3}-\d{2}-\d{2}$/;
const isDay = (day: string): boolean => DAY.test(day) && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) === true;

const refused = ({ id }: ActionField, message: string): DomainError => invalid(`values.${id}`, message);

/**
 * The values of a use as they are stored: cleaned, members by their ids, without empty ones. Errors: `invalid` (`values.` and the id of the field) for a
 * value that is missing, or not as its field asks, or of no field.
 */
export async function valuesIn(core: Core, at: GroupAccess, { fields = [] }: Action, given: GivenValues): Promise<GivenValues> {
  const values: [string, string][] = [];
  for (const field of fields) {
    const value = cleanText(Object.hasOwn(given, field.id) ? (given[field.id] ?? '') : '');
    if (isBlank(value) && !field.optional) throw refused(field, t`${field.label}: a value is missing.`);
    if (!isBlank(value)) values.push([field.id, await checkedValue(core, at, field, value)]);
  }
  const unknown = Object.keys(given).find((id) => !fields.some((field) => field.id === id));
  if (unknown !== undefined) throw invalid('values', t`This action has no field ${unknown.slice(0, 64)}.`);
  return Object.fromEntries(values);
}

async function checkedValue(core: Core, at: GroupAccess, field: ActionField, value: string): Promise<string> {
  const { type, label, max = MAX_TEXT, multiline, options = [] } = field;
  switch (type) {
    case 'text':
      if (value.length > max) throw refused(field, t`${label}: ${max} characters at most.`);
      return multiline ? value : value.replace(/\s*\n\s*/g, ' ').trim();
    case 'date':
      if (!isDay(value.trim())) throw refused(field, t`${label}: it must be a day, such as 2026-11-01.`);
      return value.trim();
    case 'select':
      if (!options.some((option) => option.value === value)) throw refused(field, t`${label}: it must be one of the options.`);
      return value;
    case 'member': {
      const id = (await memberFinder(core, at))(value.trim());
      if (id === undefined) throw refused(field, t`${label}: there is no member ${value.slice(0, 64)} in this group.`);
      return id;
    }
    default:
      throw type satisfies never;
  }
}
