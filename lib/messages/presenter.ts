import type { Core, RenderedBody } from '../core.ts';
import { type FileRow, fileJson, presentFile } from '../files/presenter.ts';
import type { UserId } from '../ids.ts';
import { filesOf } from '../log/body-text.ts';
import type { Entry, Message } from '../log/entry.ts';
import { type FoldedMessage, fold, isErased } from '../log/fold.ts';
import type { Line } from '../log/history.ts';
import { isOnlyEmoji } from '../markup/emoji.ts';
import { datesIn } from '../text/dates.ts';
import { type ActionRows, actionJson, actionsJson, isHidden, presentActions, privateJson } from './actions/presenter.ts';
import { type FoldedLines, presentRun, type SingleLine } from './collapsed-system-messages.ts';
import { namesAll, peopleNamed, readRendered } from './rendered.ts';
import { continues } from './rules.ts';
import { dateFields, type Face, faceOf, nameOf, type Profiles, unknownName } from './system-message.ts';
import { contextOfLines, type RowContext } from './threads/context.ts';
import { type Answered, presentAnswered, presentThread, threadJson } from './threads/related.ts';

export { dateFields, faceOf, type LineRow, lineText, type Profiles, presentLine } from './system-message.ts';
export { entryText, messageText } from './text-presenter.ts';

/** The group of the rows: its slug is in their links. */
export type MessageLocation = { readonly slug: string; readonly kind?: 'group' | 'direct' };

/** A message for templates/messages/_row.njk. The same for every viewer. */
type Row = ActionRows & {
  readonly slug: string;
  readonly seq: number;
  readonly rev: number;
  readonly author: Face;
  readonly as: string | null;
  /** An emoji given by a webhook. */
  readonly icon: string | null;
  readonly iso: string;
  readonly time: string;
  readonly day: string;
  readonly dayLabel: string;
  readonly html: string;
  /** Whether it is a few emoji and nothing else, which are shown large. */
  readonly isEmoji: boolean;
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
  /** The message that it answers. */
  readonly answers: Answered | null;
  /** The thread that it began. */
  readonly thread: ReturnType<typeof presentThread>;
  /** Whether it is shown under the heading of the message before it, where that is just before it on the page. */
  readonly continues: boolean;
  /** The message that the URL of the page names. */
  readonly current?: true;
};

const dates = datesIn('UTC');
/** A message as a row. The time decides whether an erasure can still be undone. `previous`: the message before it, where that is known. */
export async function presentRow(
  core: Core,
  folded: FoldedMessage,
  place: MessageLocation,
  { profiles, related }: RowContext,
  previous?: Message,
): Promise<Row> {
  const { message, state, rev } = folded;
  const isGone = isErased(folded);
  const { author } = message;
  const now = core.now();
  const { html, icon } = await bodyOf(core, folded, profiles, ({ html, model }) => ({ html, icon: model?.icon ?? null }), {
    html: '',
    icon: null,
  });
  return {
    slug: place.slug,
    seq: message.seq,
    rev,
    continues: continues(message, previous),
    author: faceOf(profiles, author),
    as: message.as ?? null,
    icon,
    ...dateFields(message.at),
    html,
    isEmoji: !isGone && state.format !== 'model' && isOnlyEmoji(state.body),
    files: filesOf(folded).map(presentFile),
    edited: state.editedAt !== undefined,
    pinned: state.pinned && !isGone ? nameOf(profiles, state.pinned.by) : null,
    erased: isGone,
    undoBy: undoBy(folded, now),
    undoSeconds: Math.max(0, Math.floor(((state.erasedBy?.undoUntil ?? now) - now) / 1000)),
    answers: await presentAnswered(core, folded, related, profiles),
    thread: presentThread(message.seq, related),
    reactions: isGone ? [] : state.reactions.map(({ emoji, by }) => presentReaction(emoji, by, profiles)),
    ...presentActions(folded, profiles),
  };
}

/** What `read` finds in the body; `none` for an erased message, of which nothing is kept. */
async function bodyOf<T>(core: Core, folded: FoldedMessage, profiles: Profiles, read: (body: RenderedBody) => T, none: T): Promise<T> {
  if (!isErased(folded)) return readRendered(core, folded, profiles, read);
  core.renderedBodies.forget(folded.message.group, folded.message.seq);
  return none;
}

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

/** The rows of a page, in order; `previous`: the message before them. Consecutive system messages are collapsed. Direct messages omit `join`: everyone joins when they are opened. */
export async function presentLines(
  core: Core,
  lines: readonly Line[],
  place: MessageLocation,
  previous?: Message,
): Promise<(Row | SingleLine | FoldedLines)[]> {
  const context = await contextOfLines(core, lines);
  const rows: (Row | SingleLine | FoldedLines)[] = [];
  let run: Entry[] = [];
  let before = previous;
  for (const line of lines) {
    if (line.type === 'line' && !(place.kind === 'direct' && line.entry.kind === 'join')) run.push(line.entry);
    if (line.type === 'line') continue;
    rows.push(...presentRun(run, context.profiles), await presentRow(core, line.folded, place, context, before));
    before = line.folded.message;
    run = [];
  }
  return [...rows, ...presentRun(run, context.profiles)];
}

/**
 * A message as JSON. Times are RFC 3339 in UTC; `seq` is its id in the group. `text`: Markdown as plain text. `model`: rich content. `viewer`: who alone
 * reads it; without one it has what everybody in the group may know.
 */
export async function messageJson(
  core: Core,
  folded: FoldedMessage,
  place: MessageLocation,
  { profiles, related }: RowContext,
  viewer?: UserId,
) {
  const { message, state, rev } = folded;
  const isGone = isErased(folded);
  const read = <T>(what: (body: RenderedBody) => T, none: T): Promise<T> => bodyOf(core, folded, profiles, what, none);
  const text = state.format === 'text' ? '' : await read(({ text }) => text, '');
  const model = await read(({ model }) => model, undefined);
  const { basePath } = core.config;
  return {
    id: `${message.group}-${message.seq}`,
    group: place.slug,
    seq: message.seq,
    n: message.n,
    rev,
    kind: 'message' as const,
    at: dates.iso(message.at),
    author: authorJson(message.author, profiles, message.as),
    reply_to: message.replyTo ?? null,
    thread: threadJson(folded, related),
    body: isGone ? '' : state.format === 'model' ? text : state.body,
    format: state.format,
    ...(state.format === 'markdown' && !isGone ? { text } : {}),
    ...(model ? { model } : {}),
    html: await read(({ html }) => html, ''),
    attachments: filesOf(folded).map((file) => fileJson(file, basePath)),
    mentions: isGone ? [] : peopleNamed(state),
    mentions_all: !isGone && namesAll(state),
    edited_at: state.editedAt === undefined ? null : dates.iso(state.editedAt),
    erased: isGone,
    pinned: isGone ? null : pinnedJson(folded, profiles),
    reactions: isGone ? [] : state.reactions,
    actions: actionsJson(folded, profiles, viewer),
    command: message.command && !isGone ? message.command : null,
    url: `${basePath}/groups/${place.slug}/messages/${message.seq}`,
  };
}

const pinnedJson = ({ state: { pinned } }: FoldedMessage, profiles: Profiles) =>
  pinned ? { by: { id: pinned.by, name: profiles.get(pinned.by)?.name ?? 'somebody' }, at: dates.iso(pinned.at) } : null;

export function authorJson(id: UserId, profiles: Profiles, as?: string) {
  const profile = profiles.get(id);
  const { name, shownName, bot } = profile ?? { name: unknownName(id), shownName: unknownName(id), bot: false };
  return { id, name, display_name: shownName, bot, ...(as ? { as } : {}) };
}

/**
 * Any entry as JSON: a message as messageJson, others with the fields that they change. `isInvolved`: it is for the bot and the author of a private
 * entry (lib/live/entry-filter.ts) alone, who may know all of it.
 */
export async function entryJson(
  core: Core,
  entry: Entry,
  place: MessageLocation,
  context: RowContext,
  isInvolved = false,
): Promise<object> {
  if (entry.kind === 'message') return messageJson(core, fold(entry, []), place, context);
  const { group: _group, uid: _uid, key: _key, mac: _mac, pending: _pending, author, at, ...rest } = entry;
  const by = authorJson(author, context.profiles);
  if (rest.kind === 'act' || rest.kind === 'command')
    return { group: place.slug, ...privateJson(rest, isInvolved), at: dates.iso(at), author: isHidden(rest) && !isInvolved ? null : by };
  const isGone = 'scrubbed' in rest;
  const hidden = {
    ...('due' in rest ? { due: undefined } : {}),
    ...('stands' in rest ? { stands: undefined } : {}),
    ...(isGone && 'mentions' in rest ? { mentions: undefined } : {}),
    ...('actions' in rest && rest.actions ? { actions: rest.actions.map(actionJson) } : {}),
  };
  return { group: place.slug, ...rest, ...hidden, at: dates.iso(at), author: by };
}
