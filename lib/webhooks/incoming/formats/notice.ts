import type { RichContentInput } from '../../../markup/rich-content.ts';
import { link, plain } from './markup.ts';
import { firstText, type HeaderOf, lines, lookUp, type Parsed, textIn } from './read.ts';

/**
 * A generic notification: `message` (or `body`, `description`), `title` (or `subject`), `type`, `url`, as Apprise (json, form, xml), shoutrrr
 * (generic) and many scripts send it. Plain text unless `format` is `markdown`.
 */
export function notice(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const message = firstText(value.message, value.body, value.description);
  const title = firstText(value.title, value.subject, value.Subject);
  const isOurs = value.message !== undefined || title !== undefined;
  if (!isOurs) return undefined;
  const body = message === undefined ? undefined : value.format === 'markdown' ? message : plain(message);
  const url = firstText(value.url, value.link);
  const icon = lookUp(MARKS, textIn(value.type)?.toLowerCase());
  return {
    name: value.username,
    icon,
    text: lines(title === undefined ? undefined : `**${plain(title.trim())}**`, body, url === undefined ? undefined : link(url, url)),
  };
}

/** Icons for Apprise's types; `info` has none. */
const MARKS: Readonly<Record<string, string>> = { success: '✅', warning: '⚠️', failure: '❌', error: '❌', critical: '🚨' };
