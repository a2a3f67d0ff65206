import { type JsonObject, objectIn, objectsIn, textIn } from '../formats/read.ts';
import { action, disabled, type FieldSketch, type Found, joined, NOTHING, optionsIn, shownOnly } from './sketch.ts';

const MAX_DEEP = 6;

/** The actions and inputs of Adaptive Cards. Those of OpenUrl are links of the card already (formats/teams.ts). */
export const fromCards = (cards: readonly JsonObject[]): Found => joined(...cards.map((card) => fromCard(card, [], 0)));

/** `outer`: the inputs of the card that shows this one; an action sends them too. */
function fromCard(card: JsonObject, outer: readonly FieldSketch[], depth: number): Found {
  if (depth > MAX_DEEP) return NOTHING;
  const elements = flat([...objectsIn(card.body), ...objectsIn(card.actions)], 0);
  const inputs = [...outer, ...elements.flatMap((element) => inputOf(element) ?? [])];
  const found = joined(...elements.map((element) => actionOf(element, inputs, depth)));
  const isSent = found.actions.some(({ fields }) => fields !== undefined);
  return isSent || inputs.length === outer.length
    ? found
    : joined(found, action({ id: 'submit', label: 'Submit', style: 'primary', fields: inputs }));
}

/** Elements without the containers around them. */
function flat(elements: readonly JsonObject[], depth: number): JsonObject[] {
  if (depth > MAX_DEEP) return [];
  return elements.flatMap((element) => {
    const within = [element.items, element.columns, element.actions].flatMap((list) => objectsIn(list));
    return [element, ...flat(within, depth + 1)];
  });
}

function actionOf(element: JsonObject, inputs: readonly FieldSketch[], depth: number): Found {
  const label = textIn(element.title);
  switch (element.type) {
    case 'Action.Submit':
    case 'Action.Execute': {
      const isAsking = inputs.length > 0 && element.associatedInputs !== 'none';
      const id = textIn(element.id) ?? textIn(element.verb);
      return (element.isEnabled === false ? disabled : action)({
        id,
        label,
        style: element.style,
        value: dataIn(element.data),
        ...(isAsking ? { fields: inputs } : {}),
      });
    }
    case 'Action.ShowCard':
      return joined(shownOnly(label), fromCard(objectIn(element.card), inputs, depth + 1));
    case 'Action.ToggleVisibility':
      return shownOnly(label);
    default:
      return NOTHING;
  }
}

/** The data of an action: a text as it is, everything else as JSON. */
function dataIn(data: unknown): string | undefined {
  if (data === undefined || data === null) return undefined;
  return textIn(data) ?? JSON.stringify(data);
}

/** What an input asks for; undefined for other elements. */
function inputOf(element: JsonObject): FieldSketch | undefined {
  const common = {
    ...{
      id: textIn(element.id),
      label: textIn(element.label) ?? textIn(element.title) ?? textIn(element.placeholder) ?? textIn(element.id),
    },
    isOptional: element.isRequired !== true,
    initial: textIn(element.value),
    hint: textIn(element.label) === undefined ? undefined : textIn(element.placeholder),
  };
  switch (element.type) {
    case 'Input.Text':
      return { ...common, type: 'text', max: element.maxLength, isMultiline: element.isMultiline === true };
    case 'Input.Number':
    case 'Input.Time':
      return { ...common, type: 'text' };
    case 'Input.Date':
      return { ...common, type: 'date' };
    case 'Input.ChoiceSet':
      return { ...common, type: 'select', options: optionsIn(objectsIn(element.choices), 'title') };
    case 'Input.Toggle': {
      const [on, off] = [textIn(element.valueOn) ?? 'true', textIn(element.valueOff) ?? 'false'];
      const options = [
        { text: `✓ ${textIn(element.title) ?? on}`, value: on },
        { text: '✗', value: off },
      ];
      return { ...common, isOptional: false, initial: common.initial ?? off, type: 'select', options };
    }
    default:
      return undefined;
  }
}

/** Buttons of a MessageCard that are no links cannot be used: what they call expects Microsoft's tokens. */
export const fromMessageCard = (value: JsonObject): Found =>
  joined(
    ...[value, ...objectsIn(value.sections, 20)]
      .flatMap(({ potentialAction }) => objectsIn(potentialAction, 20))
      .map(({ name, targets }) => (objectsIn(targets, 1)[0]?.uri === undefined ? shownOnly(textIn(name)) : NOTHING)),
  );
