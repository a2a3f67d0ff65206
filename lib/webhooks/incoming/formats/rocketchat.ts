import type { RichContentInput } from '../../../markup/rich-content.ts';
import { firstText, type HeaderOf, objectsIn, type Parsed } from './read.ts';
import { slack } from './slack.ts';

/** Rocket.Chat's format: Slack's, with `alias`, `avatar`, `emoji`, and `msg` for the text. */
export function rocketchat(header: HeaderOf, parsed: Parsed): RichContentInput | undefined {
  const { value } = parsed;
  if (value.msg === undefined && value.alias === undefined && value.avatar === undefined && value.emoji === undefined) return undefined;
  const attachments = objectsIn(value.attachments).map((one) => ({
    ...one,
    image_url: one.image_url ?? one.imageUrl,
    ts: one.ts ?? one.timestamp,
  }));
  const text = firstText(value.text, value.msg) ?? '';
  return slack(header, { ...parsed, value: { ...value, text, attachments, username: firstText(value.alias, value.username) } });
}
