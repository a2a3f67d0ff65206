import type { RichContentInput } from '../../../markup/rich-content.ts';
import { link, plain } from './markup.ts';
import { firstText, type HeaderOf, lines, lookUp, type Parsed, textIn } from './read.ts';

/**
 * A notice of no chat in particular: `message` (or `body`, `description`), `title` (or `subject`), `type`, `url`. What apprise (json, form, xml) and
 * shoutrrr (generic) send, and many a script. It is text as typed, unless it says `format: markdown`.
 */
export function notice(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const message = firstText(value.message, value.body, value.description);
  const title = firstText(value.title, value.subject, value.Subject);
  const isOurs = value.message !== undefined || title !== undefined;
  if (!isOurs) return undefined;
  const said = message === undefined ? undefined : value.format === 'markdown' ? message : plain(message);
  const url = firstText(value.url, value.link);
  const icon = lookUp(MARKS, textIn(value.type)?.toLowerCase());
  return {
    name: value.username,
    icon,
    text: lines(title === undefined ? undefined : `**${plain(title.trim())}**`, said, url === undefined ? undefined : link(url, url)),
  };
}

/** Apprise's types; what is only information needs no mark. */
const MARKS: Readonly<Record<string, string>> = { success: '✅', warning: '⚠️', failure: '❌', error: '❌', critical: '🚨' };
