import type { RichContentInput } from '../../../markup/rich-content.ts';
import { type HeaderOf, objectIn, type Parsed, textIn } from './read.ts';
import { slack } from './slack.ts';

/** What Mattermost takes beside Slack's fields: attachments and a card within `props`. */
export function mattermost(header: HeaderOf, parsed: Parsed): RichContentInput | undefined {
  const props = objectIn(parsed.value.props);
  if (!Array.isArray(props.attachments) && textIn(props.card) === undefined) return undefined;
  const attachments = [parsed.value.attachments, props.attachments].flatMap((list) => (Array.isArray(list) ? list : []));
  const said = slack(header, { ...parsed, value: { ...parsed.value, text: parsed.value.text ?? '', attachments } });
  const cards = Array.isArray(said?.cards) ? said.cards : [];
  const card = textIn(props.card);
  return said && { ...said, cards: card === undefined ? cards : [...cards, { text: card }] };
}
