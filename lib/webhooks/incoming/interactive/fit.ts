import type { Action, ActionField } from '../../../log/action.ts';
import { lineIn } from '../../../markup/rich-content.ts';
import {
  ID,
  MAX_ACTIONS,
  MAX_FIELDS,
  MAX_HINT,
  MAX_LABEL,
  MAX_OPTIONS,
  MAX_QUESTION,
  MAX_TEXT,
  MAX_VALUE,
} from '../../../messages/actions/forms.ts';
import { MAX_ACTIONS_BYTES } from '../../../messages/actions/resolve.ts';
import { cleanText, isBlank } from '../../../text/body.ts';
import { short } from '../formats/markup.ts';
import type { ActionSketch, FieldSketch, Found, OptionSketch } from './sketch.ts';
import { styleIn } from './sketch.ts';

/** Actions within the limits of Parley, and as Markdown what is only shown. */
export type Offered = { readonly actions: readonly Action[]; readonly rest: readonly string[] };

/** The ids of other chats are longer than ours; longer than this they are cut. */
const MAX_ORIGINAL = 1000;
/** Of a value that is kept for the bot in full. */
const MAX_ORIGINAL_VALUE = 10_000;

/**
 * Actions as they are stored. Nothing is refused: labels and values are cut, ids are made to fit and unique, and what is too much (more than 25 actions,
 * or than 64 KiB) is shown as text. As in other chats an action may be used many times by anybody; as there, others do not learn by whom.
 */
export function fitted({ actions: sketches, rest }: Found): Offered {
  const ids = new Ids();
  const actions: Action[] = [];
  const left: string[] = [];
  let bytes = 2;
  for (const sketch of sketches) {
    const { action, more } = actions.length < MAX_ACTIONS ? fitAction(sketch, ids) : { action: undefined, more: [] };
    const size = action ? Buffer.byteLength(JSON.stringify(action), 'utf8') + 1 : 0;
    const isKept = action !== undefined && bytes + size <= MAX_ACTIONS_BYTES;
    if (isKept) actions.push(action);
    if (isKept) bytes += size;
    left.push(...(isKept ? more : [labelOf(sketch)]));
  }
  return { actions, rest: [...rest, ...left.map((label) => short(label))] };
}

const labelOf = ({ label, value, id }: ActionSketch): string =>
  lineIn(label, MAX_LABEL) ?? lineIn(value, MAX_LABEL) ?? lineIn(id, MAX_LABEL) ?? 'Button';

/** `more`: labels of fields that are too many. */
function fitAction(sketch: ActionSketch, ids: Ids): { readonly action: Action; readonly more: readonly string[] } {
  const label = labelOf(sketch);
  const value = sketch.value === undefined ? undefined : cut(cleanText(sketch.value), MAX_VALUE);
  const style = styleIn(sketch.style);
  const confirm = lineIn(sketch.confirm, MAX_QUESTION);
  const block = sketch.block?.slice(0, MAX_ORIGINAL);
  const { fields, names, more } = fitFields(sketch.fields ?? []);
  const action: Action = {
    ...{ id: ids.fitting(sketch.id ?? label), label },
    ...(style === undefined ? {} : { style }),
    ...(value === undefined ? {} : { value }),
    ...(confirm === undefined ? {} : { confirm }),
    ...(fields.length === 0 ? {} : { fields }),
    ...{ uses: 'many', show: 'count' },
    ...(sketch.isLocked ? { locked: true as const } : {}),
    original: {
      action: (sketch.id ?? label).slice(0, MAX_ORIGINAL),
      ...(block === undefined ? {} : { block }),
      ...(value === sketch.value ? {} : { value: sketch.value?.slice(0, MAX_ORIGINAL_VALUE) ?? '' }),
      ...(Object.keys(names).length === 0 ? {} : { fields: names }),
    },
    ...(sketch.integration ? { integration: sketch.integration } : {}),
  };
  return { action, more };
}

/** `names`: the ids that had to be changed, by what they are now. */
function fitFields(sketches: readonly FieldSketch[]) {
  const ids = new Ids();
  const fields: ActionField[] = [];
  const names: Record<string, string> = {};
  const more: string[] = [];
  for (const sketch of sketches) {
    const label = lineIn(sketch.label, MAX_LABEL) ?? lineIn(sketch.id, MAX_LABEL) ?? 'Field';
    const options = fitOptions(sketch.options ?? []);
    if (fields.length === MAX_FIELDS || (sketch.type === 'select' && options.length === 0)) {
      more.push(label);
      continue;
    }
    const id = ids.fitting(sketch.id ?? label);
    if (sketch.id !== undefined && sketch.id !== id) names[id] = sketch.id.slice(0, MAX_ORIGINAL);
    fields.push(fitField(sketch, { id, label, options }));
  }
  return { fields, names, more };
}

type Fitted = Pick<ActionField, 'id' | 'label'> & { readonly options: NonNullable<ActionField['options']> };

function fitField(
  { type, isOptional, hint: given, initial: first, max, isMultiline }: FieldSketch,
  { id, label, options }: Fitted,
): ActionField {
  const hint = lineIn(given, MAX_HINT);
  const initial = first === undefined ? undefined : cut(cleanText(first), MAX_VALUE);
  const isPossible =
    initial !== undefined && (type === 'text' || (type === 'date' && DAY.test(initial)) || options.some(({ value }) => value === initial));
  const most = typeof max === 'number' && max >= 1 ? Math.min(Math.trunc(max), MAX_TEXT) : undefined;
  return {
    ...{ id, label, type },
    ...(isOptional ? { optional: true as const } : {}),
    ...(hint === undefined ? {} : { hint }),
    ...(isPossible ? { initial } : {}),
    ...(type === 'text' && most !== undefined ? { max: most } : {}),
    ...(type === 'text' && isMultiline ? { multiline: true as const } : {}),
    ...(type === 'select' ? { options } : {}),
  };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Options with a value each of its own, as a form can send it. */
function fitOptions(sketches: readonly OptionSketch[]): Fitted['options'] {
  const options = new Map<string, string>();
  for (const { text, value = text } of sketches.slice(0, 10 * MAX_OPTIONS)) {
    const sent = cut(
      cleanText(value ?? '')
        .replace(/\s*\n\s*/g, ' ')
        .trim(),
      MAX_VALUE,
    );
    if (options.size < MAX_OPTIONS && !isBlank(sent) && !options.has(sent))
      options.set(sent, lineIn(text ?? sent, MAX_LABEL) ?? sent.slice(0, MAX_LABEL));
  }
  return [...options].map(([value, text]) => ({ text, value }));
}

const cut = (text: string, most: number): string => (text.length <= most ? text : text.slice(0, most).toWellFormed());

/** Makes ids that fit the pattern of Parley, each once. The same delivery gets the same ids, so that an edit keeps the uses of its actions. */
class Ids {
  readonly #taken = new Set<string>();

  fitting(original: string): string {
    const bare = original
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+|-+$/g, '')
      .slice(0, 60);
    const id = ID.test(original) ? original : bare === '' ? 'action' : bare;
    const free = this.#taken.has(id) ? this.#numbered(id.slice(0, 60)) : id;
    this.#taken.add(free);
    return free;
  }

  #numbered(id: string): string {
    let number = 2;
    while (this.#taken.has(`${id}-${number}`)) number += 1;
    return `${id}-${number}`;
  }
}
