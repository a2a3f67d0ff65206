import { withEmoji } from './emoji.ts';
import { bounded, link, moment, Placeholders, plain, quoted } from './markup.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/** Decodes Slack's three entities once. */
export const decoded = (text: string): string => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity);

/** Markup that only senders for Slack write. In such a text a backslash is literal. */
const SLACK = /<(?:(?:https?:|mailto:)[^<>\n]*|[@#!][^<>\s][^<>\n]*)>|&(?:amp|lt|gt);/;
const ANGLES = /<([^<>\n]{1,4000})>/g;
const BOLD = /(?<![\p{L}\p{N}*\\])\*(?=\S)([^*\n]*[^\s*])\*(?![\p{L}\p{N}*])/gu;
const WITHIN_WORD = /(?<=[\p{L}\p{N}])\*(?=[\p{L}\p{N}])/gu;
const STRUCK = /(?<![\p{L}\p{N}~\\])~(?=\S)([^~\n]*[^\s~])~(?![\p{L}\p{N}~])/gu;

/**
 * Converts Slack's mrkdwn to Markdown. Some senders post Markdown to the same URLs, so Markdown is left unchanged; `*bold*` is bold, as in Slack.
 * Unescaped text such as `<80%>` stays visible.
 */
export function fromMrkdwn(given: string): string {
  const source = bounded(given);
  const kept = new Placeholders();
  const isSlack = SLACK.test(source);
  let text = kept.code(source.replace(/\r\n?/g, '\n'), decoded);
  if (isSlack) text = text.replaceAll('\\', '\\\\');
  text = text.replace(ANGLES, (all, inner: string) => {
    const meant = angled(inner);
    return meant === undefined ? all : kept.aside(meant);
  });
  text = text
    .replaceAll('||', '\\|\\|')
    .replace(isSlack ? /</g : /(?<!\\)</g, '\\<')
    .replaceAll('&lt;', '\\<');
  text = withEmoji(isSlack ? literal(text) : text)
    .replace(WITHIN_WORD, '\\*')
    .replace(BOLD, '**$1**')
    .replace(STRUCK, '~~$1~~');
  return kept.back(quoted(text));
}

/** Decodes like `decoded`, and escapes what would then look like another entity. */
const literal = (text: string): string => decoded(text).replace(/&(?=#?\w{1,31};)/g, '\\&');

/** Converts the text between `<` and `>`; undefined when it has no meaning in mrkdwn. */
function angled(inner: string): string | undefined {
  const [target = '', label = ''] = inner.split(/\|(.*)/s).map(decoded);
  if (/^(?:https?:\/\/|mailto:)/i.test(target)) return link(label || target.replace(/^mailto:/i, ''), target);
  if (/^@\w/.test(target)) return plain(`@${(label || target.slice(1)).replace(/^@/, '')}`);
  if (/^#\w/.test(target)) return plain(`#${(label || target.slice(1)).replace(/^#/, '')}`);
  if (/^![a-z]/.test(target)) return plain(special(target.slice(1), label));
  return undefined;
}

function special(command: string, label: string): string {
  const [name = '', value = ''] = command.split('^');
  if (name === 'date') return label || moment(Number(value));
  if (name === 'subteam') return `@${label.replace(/^@/, '') || 'group'}`;
  return `@${name}`;
}

/** Converts Slack's `plain_text`: text with emoji shortcodes. */
export const fromPlain = (source: string): string => plain(withEmoji(source));
