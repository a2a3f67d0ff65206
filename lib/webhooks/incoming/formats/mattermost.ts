import type { RichContentInput } from '../../../markup/rich-content.ts';
import { type HeaderOf, objectIn, type Parsed, textIn } from './read.ts';
import { slack } from './slack.ts';

/** Mattermost's additions to Slack's format: attachments and a card in `props`. */
export function mattermost(header: HeaderOf, parsed: Parsed): RichContentInput | undefined {
  const props = objectIn(parsed.value.props);
  if (!Array.isArray(props.attachments) && textIn(props.card) === undefined) return undefined;
  const attachments = [parsed.value.attachments, props.attachments].flatMap((list) => (Array.isArray(list) ? list : []));
  const content = slack(header, { ...parsed, value: { ...parsed.value, text: parsed.value.text ?? '', attachments } });
  const cards = Array.isArray(content?.cards) ? content.cards : [];
  const card = textIn(props.card);
  return content && { ...content, cards: card === undefined ? cards : [...cards, { text: card }] };
}
