import type { RichContentInput } from '../../../markup/rich-content.ts';
import { jsonBlock } from './json.ts';
import { plain } from './markup.ts';
import { firstText, type HeaderOf, isJsonObject, type Parsed, textIn, timeIn } from './read.ts';

/** An event in the format that Standard Webhooks recommends: `type`, `timestamp`, `data`. */
export function standard(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const type = textIn(value.type);
  if (type === undefined || value.data === undefined || value.timestamp === undefined) return undefined;
  return { cards: [{ title: type, text: dataText(value.data), at: timeIn(value.timestamp) }] };
}

/** An event's data: its text if it has one, otherwise the JSON. */
export function dataText(data: unknown): string | undefined {
  const text = isJsonObject(data) ? firstText(data.text, data.message, data.summary) : textIn(data);
  if (text !== undefined) return plain(text);
  return typeof data === 'object' && data !== null && Object.keys(data).length > 0 ? jsonBlock(data) : undefined;
}
