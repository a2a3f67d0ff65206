import type { Core } from '../core.ts';
import { type FileRow, fileJson, presentFile } from '../files/presenter.ts';
import type { UserId } from '../ids.ts';
import { bodyText, filesOf, writtenBody } from '../log/body-text.ts';
import type { Entry } from '../log/entry.ts';
import { type FoldedMessage, fold, isErased } from '../log/fold.ts';
import type { Line } from '../log/history.ts';
import { renderBody } from '../markup/html.ts';
import { EVERYBODY, type MentionTarget } from '../markup/mentions.ts';
import { parseRichContent } from '../markup/rich-content.ts';
import { datesIn } from '../text/dates.ts';
import { type FoldedLines, presentRun, type SingleLine } from './collapsed-system-messages.ts';
import { dateFields, nameOf, type Profiles } from './system-message.ts';

export { dateFields, type LineRow, lineText, type Profiles, presentLine } from './system-message.ts';
export { bodyInLines, entryText, messageText } from './text-presenter.ts';

/** The group of the rows: its slug is in their links. */
export type MessageLocation = { readonly slug: string; readonly kind?: 'group' | 'direct' };

/** A message for templates/messages/_row.njk. The same for every viewer. */
export type Row = {
  readonly slug: string;
  readonly seq: number;
  readonly rev: number;
  readonly author: { readonly id: string; readonly name: string; readonly color: number; readonly bot: boolean };
  readonly as: string | null;
  /** An emoji given by a webhook. */
  readonly icon: string | null;
  readonly iso: string;
  readonly time: string;
  readonly day: string;
  readonly dayLabel: string;
  readonly html: string;
  readonly files: readonly FileRow[];
  readonly edited: boolean;
  /** Name of the user who pinned it. */
  readonly pinned: string | null;
  readonly erased: boolean;
  /** Id of the user who may still undo the erasure. */
  readonly undoBy: string | null;
  /** Whole seconds left to undo; 0 when that is not possible. */
  readonly undoSeconds: number;
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly by: string; readonly names: string }[];
  /** The message that the URL of the page names. */
  readonly current?: true;
};

const dates = datesIn('UTC');
/** Ids of all users whose names these rows show. */
export function peopleIn(lines: readonly Line[]): Set<UserId> {
  const people = new Set<UserId>();
  for (const line of lines)
    for (const id of line.type === 'message' ? peopleInMessage(line.folded) : peopleInEntry(line.entry)) people.add(id);
  return people;
}

const peopleInMessage = ({ message, state }: FoldedMessage): UserId[] => [
  message.author,
  ...people(state),
  ...state.reactions.flatMap((reaction) => reaction.by),
  ...(state.pinned ? [state.pinned.by] : []),
];

/** Ids of the users mentioned by name. */
const people = ({ mentions = [] }: FoldedMessage['state']): UserId[] => mentions.filter((id) => id !== EVERYBODY.id);
const namesAll = ({ mentions }: FoldedMessage['state']): boolean => mentions?.includes(EVERYBODY.id) ?? false;

const peopleInEntry = (entry: Entry): UserId[] => ('member' in entry ? [entry.author, entry.member] : [entry.author]);

/** A message as a row. `now` (ms) decides whether an erasure can still be undone. */
export function presentRow(folded: FoldedMessage, place: MessageLocation, profiles: Profiles, now: number): Row {
  const { message, state, rev } = folded;
  const isGone = isErased(folded);
  const { author } = message;
  return {
    slug: place.slug,
    seq: message.seq,
    rev,
    author: profiles.get(author) ?? { id: author, name: 'somebody', color: 0, bot: false },
    as: message.as ?? null,
    icon: modelOf(folded)?.icon ?? null,
    ...dateFields(message.at),
    html: isGone ? '' : renderBody(state.body, state.format, mentioned(folded, profiles)),
    files: filesOf(folded).map(presentFile),
    edited: state.editedAt !== undefined,
    pinned: state.pinned && !isGone ? nameOf(profiles, state.pinned.by) : null,
    erased: isGone,
    undoBy: undoBy(folded, now),
    undoSeconds: Math.max(0, Math.floor(((state.erasedBy?.undoUntil ?? now) - now) / 1000)),
    reactions: isGone ? [] : state.reactions.map(({ emoji, by }) => presentReaction(emoji, by, profiles)),
  };
}

const modelOf = (folded: FoldedMessage) =>
  folded.state.format === 'model' && !isErased(folded) ? parseRichContent(folded.state.body) : undefined;

function undoBy({ message, state }: FoldedMessage, now: number): string | null {
  const erased = state.erasedBy;
  return erased && message.scrubbed !== true && now <= erased.undoUntil ? erased.author : null;
}

const presentReaction = (emoji: string, by: readonly UserId[], profiles: Profiles) => ({
  emoji,
  count: by.length,
  by: by.join(' '),
  names: by.map((id) => nameOf(profiles, id)).join(', '),
});

const mentioned = ({ state }: FoldedMessage, profiles: Profiles): MentionTarget[] => [
  ...(namesAll(state) ? [EVERYBODY] : []),
  ...people(state).flatMap((id) => profiles.get(id) ?? []),
];

/** The rows of a page, in order; consecutive system messages are collapsed. Direct messages omit `join`: everyone joins when they are opened. */
export async function presentLines(
  core: Core,
  lines: readonly Line[],
  place: MessageLocation,
): Promise<(Row | SingleLine | FoldedLines)[]> {
  const profiles = await core.directory.profiles(peopleIn(lines));
  const now = core.now();
  const rows: (Row | SingleLine | FoldedLines)[] = [];
  let run: Entry[] = [];
  for (const line of lines) {
    if (line.type === 'line' && !(place.kind === 'direct' && line.entry.kind === 'join')) run.push(line.entry);
    if (line.type === 'line') continue;
    rows.push(...presentRun(run, profiles), presentRow(line.folded, place, profiles, now));
    run = [];
  }
  return [...rows, ...presentRun(run, profiles)];
}

/** A message as JSON. Times are RFC 3339 in UTC; `seq` is its id in the group. `text`: Markdown as plain text. `model`: rich content. */
export function messageJson(folded: FoldedMessage, place: MessageLocation, profiles: Profiles) {
  const { message, state, rev } = folded;
  const isGone = isErased(folded);
  const model = modelOf(folded);
  return {
    id: `${message.group}-${message.seq}`,
    group: place.slug,
    seq: message.seq,
    n: message.n,
    rev,
    kind: 'message' as const,
    at: dates.iso(message.at),
    author: authorJson(message.author, profiles, message.as),
    body: isGone ? '' : writtenBody(folded),
    format: state.format,
    ...(state.format === 'markdown' && !isGone ? { text: bodyText(folded) } : {}),
    ...(model ? { model } : {}),
    html: isGone ? '' : renderBody(state.body, state.format, mentioned(folded, profiles)),
    attachments: filesOf(folded).map(fileJson),
    mentions: isGone ? [] : people(state),
    mentions_all: !isGone && namesAll(state),
    edited_at: state.editedAt === undefined ? null : dates.iso(state.editedAt),
    erased: isGone,
    pinned: isGone ? null : pinnedJson(folded, profiles),
    reactions: isGone ? [] : state.reactions,
    url: `/groups/${place.slug}/messages/${message.seq}`,
  };
}

const pinnedJson = ({ state: { pinned } }: FoldedMessage, profiles: Profiles) =>
  pinned ? { by: { id: pinned.by, name: nameOf(profiles, pinned.by) }, at: dates.iso(pinned.at) } : null;

function authorJson(id: UserId, profiles: Profiles, as?: string) {
  const profile = profiles.get(id);
  return { id, name: profile?.name ?? 'somebody', bot: profile?.bot ?? false, ...(as ? { as } : {}) };
}

/** Any entry as JSON: a message as messageJson, others with the fields that they change. */
export function entryJson(entry: Entry, place: MessageLocation, profiles: Profiles): object {
  if (entry.kind === 'message') return messageJson(fold(entry, []), place, profiles);
  const { group: _group, uid: _uid, key: _key, mac: _mac, pending: _pending, author, at, ...rest } = entry;
  const hidden = { ...('due' in rest ? { due: undefined } : {}), ...('stands' in rest ? { stands: undefined } : {}) };
  return { group: place.slug, ...rest, ...hidden, at: dates.iso(at), author: authorJson(author, profiles) };
}
