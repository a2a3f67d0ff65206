import type { ActionField, Integration } from '../../../log/action.ts';
import { withEmoji } from '../formats/emoji.ts';
import { link, short } from '../formats/markup.ts';
import { type JsonObject, objectIn, textIn } from '../formats/read.ts';

/** A field as a format has it, before the limits of Parley. `id`: the one that the bot knows. Options without text have their value. */
export type FieldSketch = {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
  readonly type: ActionField['type'];
  readonly isOptional?: boolean;
  readonly hint?: string | undefined;
  readonly initial?: string | undefined;
  readonly max?: unknown;
  readonly isMultiline?: boolean;
  readonly options?: readonly OptionSketch[];
};
export type OptionSketch = { readonly text?: string | undefined; readonly value?: string | undefined };

/** A button or a select as a format has it, before the limits of Parley. */
export type ActionSketch = {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
  readonly style?: unknown;
  readonly value?: string | undefined;
  readonly confirm?: string | undefined;
  readonly block?: string | undefined;
  readonly fields?: readonly FieldSketch[];
  readonly integration?: Integration | undefined;
  readonly isLocked?: boolean;
};

/** What a delivery has of interactive elements: the actions, and as Markdown what can be shown but not used. */
export type Found = { readonly actions: readonly ActionSketch[]; readonly rest: readonly string[] };

export const NOTHING: Found = { actions: [], rest: [] };
export const joined = (...found: readonly Found[]): Found => ({
  actions: found.flatMap(({ actions }) => actions),
  rest: found.flatMap(({ rest }) => rest),
});

/** An element that only shows its label. */
export const shownOnly = (label: string | undefined): Found => (label === undefined ? NOTHING : { actions: [], rest: [short(label)] });
export const linked = (label: string | undefined, url: unknown): Found => ({ actions: [], rest: [link(label ?? String(url), url)] });
export const action = (sketch: ActionSketch): Found => ({ actions: [sketch], rest: [] });

/** An action that cannot be used (any more). It shows what became of earlier uses, and its label is in the text. */
export const disabled = (sketch: ActionSketch): Found => joined(shownOnly(sketch.label), action({ ...sketch, isLocked: true }));

/** A select without a button of its own: an action that asks for one field. A select without options can only be shown. */
export function selecting(field: FieldSketch, more: Omit<ActionSketch, 'id' | 'label' | 'fields'> = {}): Found {
  const { id, label } = field;
  if (field.type === 'select' && !field.options?.length) return shownOnly(label ?? id);
  return action({ ...more, id, label, fields: [field] });
}

/** The text of an object of Slack's or a plain string, with its emoji. */
export function labelIn(value: unknown): string | undefined {
  const text = textIn(objectIn(value).text) ?? textIn(value);
  return text === undefined ? undefined : withEmoji(text);
}

const SUBMIT: ActionSketch = { id: 'submit', label: 'Submit', style: 'primary' };

/**
 * The actions with the inputs of the message as their fields: those buttons that are primary, else all of them; a button of its own where there is none.
 * An action that asks for something itself, a select, does not ask for them.
 */
export function asking(found: Found, inputs: readonly FieldSketch[]): Found {
  if (inputs.length === 0) return found;
  const buttons = found.actions.filter(({ fields }) => fields === undefined);
  const primary = buttons.filter(({ style }) => styleIn(style) === 'primary');
  const submits = new Set(primary.length > 0 ? primary : buttons);
  const actions = found.actions.map((one) => (submits.has(one) ? { ...one, fields: inputs } : one));
  return { ...found, actions: submits.size > 0 ? actions : [...actions, { ...SUBMIT, fields: inputs }] };
}

/** The style of a button, by the words of all formats. */
export function styleIn(style: unknown): 'primary' | 'danger' | undefined {
  if (typeof style !== 'string') return undefined;
  if (/^(?:primary|good|success|positive)$/i.test(style)) return 'primary';
  return /^(?:danger|destructive)$/i.test(style) ? 'danger' : undefined;
}

/** The options in a list. */
export const optionsIn = (options: readonly JsonObject[], text: string, value = 'value'): OptionSketch[] =>
  options.map((option) => ({ text: labelIn(option[text]), value: textIn(option[value]) }));
