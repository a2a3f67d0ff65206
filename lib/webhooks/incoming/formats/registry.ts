import type { Action } from '../../../log/action.ts';
import { type RichContent, type RichContentInput, richContentIn } from '../../../markup/rich-content.ts';
import { fromAttachments } from '../interactive/attachments.ts';
import { fromComponents } from '../interactive/discord.ts';
import { fitted, type Offered } from '../interactive/fit.ts';
import { type Found, joined } from '../interactive/sketch.ts';
import { fromBlocks } from '../interactive/slack.ts';
import { fromCards, fromMessageCard } from '../interactive/teams.ts';
import { alertmanager } from './alertmanager.ts';
import { cloudevents } from './cloudevents.ts';
import { discord, fileLine } from './discord.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { grafana } from './grafana.ts';
import { json } from './json.ts';
import { short } from './markup.ts';
import { mattermost } from './mattermost.ts';
import { notice } from './notice.ts';
import { type HeaderOf, isJsonObject, type JsonObject, lines, objectIn, objectsIn, type Parsed } from './read.ts';
import { rocketchat } from './rocketchat.ts';
import { attachmentsOf, slack } from './slack.ts';
import { standard } from './standard.ts';
import { cardsOf, isMessageCard, teams } from './teams.ts';

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
  const { format } = formatOf(header, parsed) ?? {};
  return format === undefined || CHATS.includes(format);
}

const fromChat = (value: JsonObject): Found => {
  const props = objectIn(value.props);
  return joined(fromBlocks(value.blocks), fromAttachments([...attachmentsOf(value), ...objectsIn(props.attachments)]));
};

/** The interactive elements of the formats that have some. */
const INTERACTIVE: ReadonlyMap<Format, (value: JsonObject) => Found> = new Map([
  [teams, (value) => (isMessageCard(value) ? fromMessageCard(value) : fromCards(cardsOf(value)))],
  [discord, ({ components }) => fromComponents(components)],
  [mattermost, fromChat],
  [rocketchat, fromChat],
  [slack, fromChat],
]);

/** Whether a delivery has `actions` in Parley's own format: items with an `id`; other senders (ntfy) have a field of this name without. */
export const hasOwnActions = ({ actions }: JsonObject): boolean =>
  Array.isArray(actions) && actions.some((one) => isJsonObject(one) && 'id' in one);

/** What becomes of the interactive elements of a delivery. Those beside `actions` in Parley's own format are only shown. */
function offer(format: Format | undefined, { value }: Parsed): Offered {
  const find = format && INTERACTIVE.get(format);
  if (!find) return { actions: [], rest: [] };
  const offered = fitted(find(value));
  const isOwn = format !== undefined && CHATS.includes(format) && hasOwnActions(value);
  return isOwn ? { actions: [], rest: [...offered.rest, ...offered.actions.map(({ label }) => short(label))] } : offered;
}

/** The actions that a delivery in the format of another chat offers. */
export const offeredIn = (header: HeaderOf, parsed: Parsed): readonly Action[] => offer(formatOf(header, parsed)?.format, parsed).actions;

/**
 * Converts a delivery with the first matching format; undefined when it has no visible content. Files that are not stored are named, and elements that
 * cannot be used. A delivery that has only actions says their labels.
 */
export function understand(header: HeaderOf, parsed: Parsed): RichContent | undefined {
  const { format, sketch } = formatOf(header, parsed) ?? {};
  const { actions, rest } = offer(format, parsed);
  const files = parsed.files
    .filter(({ isKept }) => !isKept)
    .slice(0, 20)
    .map(({ name, bytes }) => fileLine(name, bytes));
  const text = typeof sketch?.text === 'string' ? [sketch.text] : [];
  const more = [...(rest.length > 0 ? [`-# ${rest.join(' · ')}`] : []), ...files];
  const content = richContentIn(more.length === 0 ? sketch : { ...sketch, text: lines(...text, ...more) });
  return (
    content ?? (actions.length > 0 ? richContentIn({ ...sketch, text: actions.map(({ label }) => short(label)).join(' · ') }) : undefined)
  );
}

function formatOf(header: HeaderOf, parsed: Parsed): { readonly format: Format; readonly sketch: RichContentInput } | undefined {
  for (const format of FORMATS) {
    const sketch = format(header, parsed);
    if (sketch) return { format, sketch };
  }
  return undefined;
}
