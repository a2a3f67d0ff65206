import type { Core, Face } from '../core.ts';
import { datesIn } from '../dates.ts';
import type { UserId } from '../ids.ts';
import type { Entry, Message } from './entry.ts';
import { type FoldedMessage, fold, isErased } from './fold.ts';
import type { Line } from './history.ts';
import { renderBody } from './markup.ts';
import { parseModel } from './model.ts';
import { bodyAsText } from './model-text.ts';

/** Where the rows lead: the slug in their links. */
export type Place = { readonly slug: string };
export type Faces = ReadonlyMap<UserId, Face>;

/** What templates/messages/_row.njk prints. The same whoever looks. */
export type Row = {
  readonly slug: string;
  readonly seq: number;
  readonly rev: number;
  readonly author: { readonly id: string; readonly name: string; readonly color: number; readonly bot: boolean };
  readonly as: string | null;
  /** An emoji that a webhook gave in place of a picture. */
  readonly icon: string | null;
  readonly iso: string;
  readonly time: string;
  readonly day: string;
  readonly dayLabel: string;
  readonly html: string;
  readonly edited: boolean;
  readonly erased: boolean;
  /** Who may still take the erasure back. */
  readonly undoBy: string | null;
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly by: string; readonly names: string }[];
};

/** What templates/messages/_line.njk prints. */
export type LineRow = Pick<Row, 'seq' | 'iso' | 'time' | 'day' | 'dayLabel'> & { readonly text: string };

const dates = datesIn('UTC');
const nameOf = (faces: Faces, id: UserId): string => faces.get(id)?.name ?? 'somebody';

const when = (at: number) => ({ iso: dates.iso(at), time: dates.time(at), day: dates.day(at), dayLabel: dates.dayLabel(at) });

/** Everyone whose name a line of these shows. */
export function peopleIn(lines: readonly Line[]): Set<UserId> {
  const people = new Set<UserId>();
  for (const line of lines)
    for (const id of line.type === 'message' ? peopleInMessage(line.folded) : peopleInEntry(line.entry)) people.add(id);
  return people;
}

const peopleInMessage = ({ message, state }: FoldedMessage): UserId[] => [
  message.author,
  ...(state.mentions ?? []),
  ...state.reactions.flatMap((reaction) => reaction.by),
];

const peopleInEntry = (entry: Entry): UserId[] => ('member' in entry ? [entry.author, entry.member] : [entry.author]);

/** A message as a row. `now` (ms) decides whether an erasure can still be undone. */
export function presentRow(folded: FoldedMessage, place: Place, faces: Faces, now: number): Row {
  const { message, state, rev } = folded;
  const isGone = isErased(folded);
  const { author } = message;
  return {
    slug: place.slug,
    seq: message.seq,
    rev,
    author: faces.get(author) ?? { id: author, name: 'somebody', color: 0, bot: false },
    as: message.as ?? null,
    icon: modelOf(folded)?.icon ?? null,
    ...when(message.at),
    html: isGone ? '' : renderBody(state.body, state.format, mentioned(folded, faces)),
    edited: state.editedAt !== undefined,
    erased: isGone,
    undoBy: undoBy(folded, now),
    reactions: isGone ? [] : state.reactions.map(({ emoji, by }) => presentReaction(emoji, by, faces)),
  };
}

const modelOf = (folded: FoldedMessage) =>
  folded.state.format === 'model' && !isErased(folded) ? parseModel(folded.state.body) : undefined;

function undoBy({ message, state }: FoldedMessage, now: number): string | null {
  const erased = state.erasedBy;
  return erased && message.scrubbed !== true && now <= erased.undoUntil ? erased.author : null;
}

const presentReaction = (emoji: string, by: readonly UserId[], faces: Faces) => ({
  emoji,
  count: by.length,
  by: by.join(' '),
  names: by.map((id) => nameOf(faces, id)).join(', '),
});

const mentioned = ({ state }: FoldedMessage, faces: Faces): Face[] => (state.mentions ?? []).flatMap((id) => faces.get(id) ?? []);

/** A system line as a row. */
export const presentLine = (entry: Entry, faces: Faces): LineRow => ({ seq: entry.seq, text: lineText(entry, faces), ...when(entry.at) });

/** What a system line says. */
export function lineText(entry: Entry, faces: Faces): string {
  const author = nameOf(faces, entry.author);
  switch (entry.kind) {
    case 'join':
      return entry.member === entry.author ? `${author} joined` : `${author} added ${nameOf(faces, entry.member)}`;
    case 'leave':
      return entry.member === entry.author ? `${author} left` : `${author} removed ${nameOf(faces, entry.member)}`;
    case 'rename':
      return `${author} named the group ${entry.name}`;
    case 'topic':
      return entry.topic === '' ? `${author} removed the topic` : `${author} set the topic: ${entry.topic}`;
    case 'archive':
      return entry.on ? `${author} archived the group` : `${author} brought the group back`;
    case 'message':
    case 'edit':
    case 'erase':
    case 'unerase':
    case 'react':
    case 'unreact':
    case 'revoke':
      return '';
    default:
      throw entry satisfies never;
  }
}

/** The rows of a page, in order. */
export async function presentLines(
  core: Core,
  lines: readonly Line[],
  place: Place,
): Promise<(Row | (LineRow & { readonly author: null }))[]> {
  const faces = await core.directory.faces(peopleIn(lines));
  const now = core.now();
  return lines.map((line) =>
    line.type === 'message' ? presentRow(line.folded, place, faces, now) : { ...presentLine(line.entry, faces), author: null },
  );
}

/** A message for programs. Times are RFC 3339 in UTC, `seq` is its address in the group and its stream cursor. `model`: what a bot said in more than text. */
export function messageJson(folded: FoldedMessage, place: Place, faces: Faces) {
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
    author: authorJson(message.author, faces, message.as),
    body: isGone ? '' : bodyAsText(state.body, state.format),
    format: state.format,
    ...(model ? { model } : {}),
    html: isGone ? '' : renderBody(state.body, state.format, mentioned(folded, faces)),
    mentions: isGone ? [] : (state.mentions ?? []),
    edited_at: state.editedAt === undefined ? null : dates.iso(state.editedAt),
    erased: isGone,
    reactions: isGone ? [] : state.reactions,
    url: `/groups/${place.slug}/messages/${message.seq}`,
  };
}

function authorJson(id: UserId, faces: Faces, as?: string) {
  const face = faces.get(id);
  return { id, name: face?.name ?? 'somebody', bot: face?.bot ?? false, ...(as ? { as } : {}) };
}

/** Any entry for programs: a message as messageJson, the others with what they change. */
export function entryJson(entry: Entry, place: Place, faces: Faces): object {
  if (entry.kind === 'message') return messageJson(fold(entry, []), place, faces);
  const { group: _group, uid: _uid, key: _key, mac: _mac, author, at, ...rest } = entry;
  const hidden = 'due' in rest ? { due: undefined } : {};
  return { group: place.slug, ...rest, ...hidden, at: dates.iso(at), author: authorJson(author, faces) };
}

/** A message or line for people at a shell: `name: text`, further lines indented. Undefined for what says nothing there. */
export function entryText(entry: Entry, faces: Faces): string | undefined {
  switch (entry.kind) {
    case 'message':
      return textLine(sender(entry, faces), entry.scrubbed ? '(erased)' : bodyAsText(entry.body, entry.format));
    case 'edit':
      return textLine(
        nameOf(faces, entry.author),
        entry.scrubbed ? '(erased)' : `(edited #${entry.target}) ${bodyAsText(entry.body, entry.format)}`,
      );
    case 'erase':
      return `* ${nameOf(faces, entry.author)} erased #${entry.target}`;
    case 'unerase':
    case 'react':
    case 'unreact':
    case 'revoke':
      return undefined;
    case 'join':
    case 'leave':
    case 'rename':
    case 'topic':
    case 'archive':
      return `* ${lineText(entry, faces)}`;
    default:
      throw entry satisfies never;
  }
}

/** A folded message for people at a shell. */
export function messageText(folded: FoldedMessage, faces: Faces): string {
  return textLine(sender(folded.message, faces), bodyText(folded));
}

/** The body as text, or a word in its place. */
export const bodyText = (folded: FoldedMessage): string =>
  isErased(folded) ? '(erased)' : bodyAsText(folded.state.body, folded.state.format);

/** A name that a webhook gave stands behind the bot's own, so that it passes for nobody else's. */
const sender = ({ author, as }: Message, faces: Faces): string => (as ? `${nameOf(faces, author)} (${as})` : nameOf(faces, author));

const textLine = (name: string, text: string): string => `${name}: ${text.replaceAll('\n', '\n  ')}`;
