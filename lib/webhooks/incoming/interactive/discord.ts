import { type JsonObject, lines, numberIn, objectIn, objectsIn, textIn } from '../formats/read.ts';
import {
  action,
  asking,
  disabled,
  type FieldSketch,
  type Found,
  joined,
  linked,
  NOTHING,
  optionsIn,
  selecting,
  shownOnly,
} from './sketch.ts';

const [ROW, BUTTON, SELECT, INPUT, USERS, ROLES, MENTIONABLES, CHANNELS] = [1, 2, 3, 4, 5, 6, 7, 8];
const [SECTION, TEXT, CONTAINER, LABEL] = [9, 10, 17, 18];
const MAX_DEEP = 5;

/** The interactive components of a message of Discord, in order. */
export function fromComponents(components: unknown): Found {
  const all = flat(objectsIn(components), 0);
  const inputs = all.filter(({ type }) => type === INPUT).map(inputOf);
  return asking(joined(...all.map(componentOf)), inputs);
}

/** The texts among components, in Discord's Markdown. */
export const componentText = (components: unknown): string | undefined =>
  lines(...flat(objectsIn(components), 0).map(({ type, content }) => (type === TEXT ? textIn(content) : undefined)));

/** Components without the containers around them. A label is given to what it labels. */
function flat(components: readonly JsonObject[], depth: number): JsonObject[] {
  if (depth > MAX_DEEP) return [];
  return components.flatMap((one) => {
    const { type, label, description } = one;
    if (type === LABEL) return flat([{ ...objectIn(one.component), label, description }], depth + 1);
    if (type !== ROW && type !== SECTION && type !== CONTAINER) return [one];
    const accessory = objectIn(one.accessory);
    return flat([...objectsIn(one.components), ...(accessory.type === undefined ? [] : [accessory])], depth + 1);
  });
}

const STYLES: readonly (string | undefined)[] = [undefined, 'primary', undefined, 'primary', 'danger'];

function componentOf(component: JsonObject): Found {
  const { type } = component;
  const id = textIn(component.custom_id);
  const label = labelOf(component);
  switch (type) {
    case BUTTON:
      if (textIn(component.url) !== undefined) return linked(label, component.url);
      if (id === undefined) return shownOnly(label);
      return (component.disabled === true ? disabled : action)({ id, label, style: STYLES[numberIn(component.style)] });
    case SELECT:
    case USERS:
    case MENTIONABLES:
      return component.disabled === true ? shownOnly(label) : selecting(selectOf(component, label));
    case ROLES:
    case CHANNELS:
      return shownOnly(label);
    default:
      return NOTHING;
  }
}

function labelOf({ label, placeholder, emoji }: JsonObject): string | undefined {
  const { name, id } = objectIn(emoji);
  const sign = id === undefined || id === null ? textIn(name) : undefined; // pictures of a server have an id
  return [sign, textIn(label) ?? textIn(placeholder)].filter((part) => part !== undefined).join(' ') || undefined;
}

function selectOf(component: JsonObject, label: string | undefined): FieldSketch {
  const id = textIn(component.custom_id);
  const isOptional = component.min_values === 0;
  if (component.type !== SELECT) return { id, label, type: 'member', isOptional };
  const options = objectsIn(component.options);
  const initial = textIn(options.find((option) => option.default === true)?.value);
  return { id, label, type: 'select', isOptional, options: optionsIn(options, 'label'), initial };
}

const inputOf = (component: JsonObject): FieldSketch => ({
  ...{ id: textIn(component.custom_id), label: textIn(component.label), type: 'text' },
  isOptional: component.required === false,
  hint: textIn(component.placeholder) ?? textIn(component.description),
  initial: textIn(component.value),
  max: component.max_length,
  isMultiline: component.style === 2,
});
