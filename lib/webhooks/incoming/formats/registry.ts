import { type RichContent, type RichContentInput, richContentIn } from '../../../markup/rich-content.ts';
import { alertmanager } from './alertmanager.ts';
import { cloudevents } from './cloudevents.ts';
import { discord, fileLine } from './discord.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { grafana } from './grafana.ts';
import { json } from './json.ts';
import { mattermost } from './mattermost.ts';
import { notice } from './notice.ts';
import type { HeaderOf, Parsed } from './read.ts';
import { rocketchat } from './rocketchat.ts';
import { slack } from './slack.ts';
import { standard } from './standard.ts';
import { teams } from './teams.ts';

/** Converts a delivery in one payload format; undefined when it has another format. Never throws, whatever the fields contain. */
type Format = (header: HeaderOf, parsed: Parsed) => RichContentInput | undefined;

/** The formats in the order in which they are tried: first those with a header or distinctive fields, last any JSON. */
export const FORMATS: readonly Format[] = [
  gitea,
  github,
  gitlab,
  cloudevents,
  grafana,
  alertmanager,
  teams,
  discord,
  mattermost,
  rocketchat,
  slack,
  standard,
  notice,
  json,
];

/** Formats of chats and of notifications, whose senders may name the message that a delivery answers. */
const CHATS: readonly Format[] = [mattermost, rocketchat, slack, notice];

/** Whether a delivery is in such a format, or has nothing that any format shows (only files). */
export function isChat(header: HeaderOf, parsed: Parsed): boolean {
  const format = FORMATS.find((one) => one(header, parsed) !== undefined);
  return format === undefined || CHATS.includes(format);
}

/** Converts a delivery with the first matching format; undefined when it has no visible content. Files that are not stored are named. */
export function understand(header: HeaderOf, parsed: Parsed): RichContent | undefined {
  const sketch = sketchOf(header, parsed);
  const files = parsed.files
    .filter(({ isKept }) => !isKept)
    .slice(0, 20)
    .map(({ name, bytes }) => fileLine(name, bytes));
  if (files.length === 0) return richContentIn(sketch);
  const text = typeof sketch?.text === 'string' ? [sketch.text] : [];
  return richContentIn({ ...sketch, text: [...text, ...files].join('\n') });
}

function sketchOf(header: HeaderOf, parsed: Parsed): RichContentInput | undefined {
  for (const format of FORMATS) {
    const sketch = format(header, parsed);
    if (sketch) return sketch;
  }
  return undefined;
}
