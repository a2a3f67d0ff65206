import type { RichContentInput } from '../../../markup/rich-content.ts';
import { type HeaderOf, type Parsed, textIn, timeIn } from './read.ts';
import { dataText } from './standard.ts';

/** A CloudEvent (cloudevents.io, version 1.0) in structured mode (all in the JSON) or binary mode (attributes in `ce-` headers, data in the body). */
export function cloudevents(header: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const isStructured = textIn(value.specversion) !== undefined && textIn(value.type) !== undefined && textIn(value.source) !== undefined;
  if (isStructured) return eventCard((name) => textIn(value[name]) ?? '', value.data ?? fromBase64(value.data_base64));
  const attribute = (name: string): string => percentDecoded(header(`ce-${name}`));
  return header('ce-specversion') !== '' && header('ce-type') !== '' ? eventCard(attribute, value) : undefined;
}

const eventCard = (attribute: HeaderOf, data: unknown): RichContentInput => ({
  name: attribute('source'),
  cards: [
    {
      title: [attribute('type'), attribute('subject')].filter(Boolean).join(': '),
      text: dataText(data),
      footer: attribute('source'),
      at: timeIn(attribute('time')),
    },
  ],
});

/** Decodes a header value: characters other than printable ASCII are percent-encoded (HTTP binding, section 3.1.3.2). */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function fromBase64(value: unknown): unknown {
  const text = textIn(value);
  if (text === undefined) return undefined;
  return `${Buffer.from(text.slice(0, 100_000), 'base64').length} bytes of binary data`;
}
