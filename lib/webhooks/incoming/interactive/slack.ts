import { type JsonObject, objectIn, objectsIn, textIn } from '../formats/read.ts';
import {
  action,
  asking,
  type FieldSketch,
  type Found,
  joined,
  labelIn,
  linked,
  NOTHING,
  optionsIn,
  selecting,
  shownOnly,
} from './sketch.ts';

/** The interactive elements of Slack's layout blocks, in order. Those with a URL are links in the text already (formats/slack-blocks.ts). */
export function fromBlocks(blocks: unknown): Found {
  const all = objectsIn(blocks);
  const inputs = all.filter(({ type }) => type === 'input').map(inputOf);
  const fields = inputs.filter((input) => input !== undefined && isField(input));
  const found = joined(...all.map(blockOf), ...inputs.map((input) => (input && !isField(input) ? shownOnly(input.label) : NOTHING)));
  return asking(
    found,
    fields.filter((field) => field !== undefined),
  );
}

const isField = ({ type, options }: FieldSketch): boolean => type !== 'select' || (options?.length ?? 0) > 0;

function blockOf(block: JsonObject): Found {
  const id = textIn(block.block_id);
  switch (block.type) {
    case 'actions':
    case 'context_actions':
      return joined(...objectsIn(block.elements).map((element) => elementOf(element, id)));
    case 'section':
      return elementOf(objectIn(block.accessory), id);
    default:
      return NOTHING;
  }
}

function elementOf(element: JsonObject, block: string | undefined): Found {
  const id = textIn(element.action_id);
  const confirm = confirmIn(element.confirm);
  const button = (one: JsonObject, label = labelIn(one.text)): Found =>
    action({ id, label, style: element.style, value: textIn(one.value), confirm, block });
  switch (element.type) {
    case 'image':
    case undefined:
      return NOTHING;
    case 'button':
      return textIn(element.url) === undefined ? button(element, labelIn(element.text) ?? textIn(element.accessibility_label)) : NOTHING;
    case 'icon_button':
      return button(element);
    case 'feedback_buttons':
      return joined(button(objectIn(element.positive_button)), button(objectIn(element.negative_button)));
    case 'workflow_button':
      return shownOnly(labelIn(element.text));
    case 'overflow': {
      const options = objectsIn(element.options);
      const links = options.filter(({ url }) => textIn(url)).map(({ text, url }) => linked(labelIn(text), url));
      const others = options.filter(({ url }) => !textIn(url));
      return joined(
        ...links,
        others.length === 0
          ? NOTHING
          : selecting({ id, label: '…', type: 'select', options: optionsIn(others, 'text') }, { confirm, block }),
      );
    }
    default: {
      const field = fieldOf(element);
      return field ? selecting(field, { confirm, block }) : shownOnly(labelIn(element.placeholder) ?? labelIn(element.text));
    }
  }
}

/** The question of a confirmation dialog. */
export function confirmIn(confirm: unknown): string | undefined {
  const { title, text } = objectIn(confirm);
  return [labelIn(title), labelIn(text)].filter((part) => part !== undefined).join(': ') || undefined;
}

/** An `input` block: a field. One whose element has no counterpart has the type select and no options. */
function inputOf(block: JsonObject): FieldSketch {
  const element = objectIn(block.element);
  const label = labelIn(block.label);
  const field = fieldOf(element) ?? { type: 'select' };
  const id = textIn(element.action_id) ?? textIn(block.block_id);
  return { ...field, id, label, isOptional: block.optional === true, hint: labelIn(block.hint) ?? labelIn(element.placeholder) };
}

/** What an element asks for; undefined for what no field can ask for: channels, files, options that only an app of Slack can list. */
function fieldOf(element: JsonObject): FieldSketch | undefined {
  const type = (textIn(element.type) ?? '').replace(/^multi_/, '');
  const id = textIn(element.action_id);
  const label = labelIn(element.placeholder);
  const text: FieldSketch = { id, label, type: 'text', initial: textIn(element.initial_value), max: element.max_length };
  switch (type) {
    case 'static_select':
    case 'radio_buttons':
    case 'checkboxes':
      return { id, label, type: 'select', options: slackOptions(element), initial: initialOf(element) };
    case 'users_select':
      return { id, label, type: 'member' };
    case 'datepicker':
      return { id, label, type: 'date', initial: textIn(element.initial_date) };
    case 'timepicker':
      return { ...text, initial: textIn(element.initial_time) };
    case 'plain_text_input':
    case 'rich_text_input':
      return { ...text, isMultiline: element.multiline === true || type === 'rich_text_input' };
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return text;
    default:
      return undefined;
  }
}

/** The options of a select, those of its groups too. */
export const slackOptions = (element: JsonObject) =>
  optionsIn([...objectsIn(element.options), ...objectsIn(element.option_groups).flatMap(({ options }) => objectsIn(options))], 'text');

const initialOf = ({ initial_option: one, initial_options: several }: JsonObject): string | undefined =>
  textIn(objectIn(one).value) ?? textIn(objectsIn(several, 1)[0]?.value);
