import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import type { Format } from '../log/entry.ts';
import { escapeMarkdown } from '../markup/markdown.ts';
import { quoteOf } from '../markup/quote.ts';
import { parseRichContent } from '../markup/rich-content.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import { cleanText, cutText } from '../text/body.ts';
import { type SourceFile, type SourceMessage, withMentions } from './source.ts';

/** The name in Parley of a person of the source. */
export type NameOf = (person: string) => string;

export type ImportedText = {
  readonly body: string;
  readonly format: Format;
  /** The whole text, when it is longer than a message may be: it is added as a file. */
  readonly whole?: string;
};

/** What is answered, if anything. `seq`: of its entry, null if it has none yet. */
export type Answered = { readonly message: Pick<SourceMessage, 'author' | 'text' | 'format'>; readonly seq: number | null };

type Parts = {
  readonly text: string;
  readonly format: Format;
  readonly answered?: Answered | undefined;
  /** Files whose content the source does not have. */
  readonly absent?: readonly SourceFile[];
};

/** The body of an imported message: with a quotation of what it answers, and a line for each file that is absent. It may be empty. */
export function bodyOf(core: Core, group: Group, parts: Parts, nameOf: NameOf): ImportedText {
  const { text, answered, absent = [] } = parts;
  const format = parts.format === 'model' && !parseRichContent(text) ? 'text' : parts.format;
  if (format === 'model') return { body: text, format };
  const plain = namedIn(text, format, nameOf);
  if (!answered && absent.length === 0) return fitting(core, plain, format);
  const written = format === 'text' ? escapeMarkdown(plain) : plain;
  const quote = answered ? quotation(core, group, answered, nameOf) : '';
  const lines = absent.map(absentLine).join('\n');
  return fitting(core, `${quote}${written}${written !== '' && lines !== '' ? '\n' : ''}${lines}`, 'markdown');
}

function fitting({ config }: Core, text: string, format: Format): ImportedText {
  const body = cleanText(text);
  if (Buffer.byteLength(body, 'utf8') <= config.maxBodyBytes) return { body, format };
  return { body: cutText(body, config.maxBodyBytes), format, whole: body };
}

const namedIn = (text: string, format: Format, nameOf: NameOf): string =>
  withMentions(text, (person) => (format === 'markdown' ? escapeMarkdown(nameOf(person)) : nameOf(person)));

function quotation({ config }: Core, group: Group, { message, seq }: Answered, nameOf: NameOf): string {
  const url = config.publicUrl === undefined || seq === null ? undefined : `${config.publicUrl}/groups/${group.slug}/messages/${seq}`;
  const text = bodyAsText(namedIn(message.text, message.format, nameOf), message.format);
  return quoteOf({ name: nameOf(message.author), url, text: escapeMarkdown(text) });
}

function absentLine({ name, url }: SourceFile): string {
  const label = escapeMarkdown(name.replace(/\s+/g, ' '));
  return url !== undefined && /^https?:\/\/[^\s()<>]+$/i.test(url) ? `[file] [${label}](${url})` : `[file] ${label} (not in the export)`;
}
