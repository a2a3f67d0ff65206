import { link } from './markup.ts';
import { fromMrkdwn, fromPlain } from './mrkdwn.ts';
import { type JsonObject, lines, objectIn, objectsIn, textIn } from './read.ts';
import { fromRichText } from './slack-rich.ts';

/** Converts Slack's layout blocks to Markdown, in order. Interactive elements without a URL are left out: see interactive/slack.ts. */
export function fromBlocks(blocks: unknown): string | undefined {
  const said = objectsIn(blocks).map(blockOf);
  return said.filter((one) => one !== undefined && one !== '').join('\n\n') || undefined;
}

function blockOf(block: JsonObject): string | undefined {
  switch (block.type) {
    case 'header':
      return prefixed('## ', oneLine(textObject(block.text)));
    case 'section':
      return lines(textObject(block.text), ...objectsIn(block.fields).map(textObject), accessoryOf(block.accessory));
    case 'context':
      return prefixed('-# ', objectsIn(block.elements).map(elementOf).filter(Boolean).join(' '));
    case 'actions':
      return objectsIn(block.elements).map(buttonOf).filter(Boolean).join(' · ');
    case 'divider':
      return '---';
    case 'image':
      return pictureOf(block);
    case 'markdown':
      return textIn(block.text);
    case 'rich_text':
      return fromRichText(block);
    case 'video':
      return link(textOf(block.title) ?? textIn(block.alt_text) ?? 'Video', block.title_url ?? block.video_url);
    default:
      return undefined;
  }
}

/** Converts a text object, or a plain string in its place. */
function textObject(value: unknown): string | undefined {
  const { type, text } = objectIn(value);
  const said = textIn(text) ?? textIn(value);
  if (said === undefined) return undefined;
  return type === 'plain_text' ? fromPlain(said) : fromMrkdwn(said);
}

const textOf = (value: unknown): string | undefined => textIn(objectIn(value).text) ?? textIn(value);
const oneLine = (text: string | undefined): string => (text ?? '').replaceAll('\n', ' ');

/** Prefixes each non-empty line. */
const prefixed = (prefix: string, text: string): string | undefined => (text === '' ? undefined : text.replace(/^(?=.*\S)/gm, prefix));

const pictureOf = (block: JsonObject): string | undefined => {
  const url = block.image_url ?? objectIn(block.slack_file).url;
  return textIn(url) ? link(textOf(block.title) ?? textIn(block.alt_text) ?? 'Picture', url) : undefined;
};

const elementOf = (element: JsonObject): string | undefined =>
  element.type === 'image' ? textIn(element.alt_text) && pictureOf(element) : textObject(element);

function accessoryOf(accessory: unknown): string | undefined {
  const element = objectIn(accessory);
  return element.type === 'image' ? pictureOf(element) : buttonOf(element);
}

const buttonOf = (element: JsonObject): string | undefined =>
  textIn(element.url) === undefined ? undefined : link(textOf(element.text) ?? textIn(element.url) ?? '', element.url);
