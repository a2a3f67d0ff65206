import type { Integration } from '../../../log/action.ts';
import { urlIn } from '../../../markup/rich-content.ts';
import { firstText, isJsonObject, type JsonObject, objectIn, objectsIn, textIn } from '../formats/read.ts';
import { action, disabled, type Found, joined, labelIn, NOTHING, selecting, shownOnly } from './sketch.ts';
import { confirmIn, fromBlocks, slackOptions } from './slack.ts';

/** The interactive elements of attachments as Slack had them first (name, text), Mattermost (id, name, integration) and Rocket.Chat (msg) have them. */
export const fromAttachments = (attachments: readonly JsonObject[]): Found =>
  joined(
    ...attachments.map((attachment) => {
      const block = textIn(attachment.callback_id);
      return joined(...objectsIn(attachment.actions).map((one) => elementOf(one, block)), fromBlocks(attachment.blocks));
    }),
  );

function elementOf(element: JsonObject, block: string | undefined): Found {
  const text = labelIn(element.text);
  const label = text ?? labelIn(element.name);
  const id = text === undefined ? firstText(element.id, element.name) : firstText(element.name, element.id, element.msg);
  const isLink = textIn(element.url) !== undefined && !isJsonObject(element.integration);
  if (isLink) return urlIn(element.url) === undefined ? shownOnly(label) : NOTHING; // a link of the card
  const integration = integrationIn(element);
  if (integration === null) return shownOnly(label);
  const more = { style: element.style, confirm: confirmIn(element.confirm), block, integration };
  if (!isSelect(element))
    return (element.disabled === true ? disabled : action)({ ...more, id, label, value: firstText(element.value, element.msg) });
  if (element.disabled === true) return shownOnly(label);
  if (element.data_source === 'users') return selecting({ id, label, type: 'member' }, more);
  const initial = firstText(element.default_option, objectsIn(element.selected_options, 1)[0]?.value);
  return selecting({ id, label, type: 'select', options: slackOptions(element), initial }, more);
}

const isSelect = ({ type, options, data_source: source }: JsonObject): boolean =>
  type === 'select' || (type === undefined && (Array.isArray(options) || textIn(source) !== undefined));

const MAX_URL = 2000;

/** The URL that a use calls; undefined without one, null for one that cannot be called. */
function integrationIn(element: JsonObject): Integration | undefined | null {
  if (!isJsonObject(element.integration)) return undefined;
  const { url: given, context } = objectIn(element.integration);
  const url = textIn(given)?.trim() ?? '';
  if (url.length > MAX_URL || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  const source = textIn(element.data_source);
  return {
    url,
    ...(isJsonObject(context) ? { context: JSON.stringify(context) } : {}),
    type: isSelect(element) ? 'select' : 'button',
    ...(source === undefined ? {} : { dataSource: source.slice(0, 100) }),
  };
}
