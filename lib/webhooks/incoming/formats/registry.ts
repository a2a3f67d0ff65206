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

/** One way of saying things: what a delivery says when it is in that way, else undefined. Never throws, whatever the fields hold. */
export type Format = (header: HeaderOf, parsed: Parsed) => RichContentInput | undefined;

/** The first that knows a delivery reads it: those that headers or rare fields tell come first, and any JSON last. */
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

/** What a delivery says; undefined when there is nothing to see in it. Files that came along are named: they are not kept yet. */
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
