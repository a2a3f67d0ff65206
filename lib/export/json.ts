import type { Core, Profile } from '../core.ts';
import type { Group } from '../groups/port.ts';
import type { UserId } from '../ids.ts';
import { publicAction } from '../log/action.ts';
import { filesOf } from '../log/body-text.ts';
import type { Attached, Entry, FollowUp } from '../log/entry.ts';
import { actionsOf, isErased } from '../log/fold.ts';
import { filePath } from './files.ts';
import type { ExportedLine } from './lines.ts';

/** The first record of an export in JSON lines. docs/export.md describes all records; `parley import` reads them. */
export const HEADING = { type: 'export', format: 'parley-export', version: 1 } as const;

export const iso = (at: number): string => new Date(at).toISOString();

type MessageLine = ExportedLine & { readonly type: 'message' };

export const personRecord = ({ id, name, shownName, bot }: Profile) => ({
  ...{ type: 'person', id, name, bot },
  ...(shownName === name ? {} : { display_name: shownName }),
});

/** A group with its members. */
export async function groupRecord(core: Core, group: Group) {
  const members = await core.store.memberships.ofGroup(group.id);
  const { id, kind, slug, name, topic, open, archived, createdAt } = group;
  return {
    type: 'group',
    ...{ id, kind, slug, name, topic, open, archived, created_at: iso(createdAt) },
    members: members.map(({ user, role }) => ({ id: user, role })),
  };
}

/** Everybody whom a line names. */
export function peopleIn(line: ExportedLine): UserId[] {
  if (line.type === 'line') return 'member' in line.entry ? [line.entry.author, line.entry.member] : [line.entry.author];
  const { message, state } = line.folded;
  return [
    message.author,
    ...(state.mentions ?? []),
    ...state.reactions.flatMap(({ by }) => by),
    ...(state.pinned ? [state.pinned.by] : []),
    ...actionsOf(line.folded).flatMap(({ who }) => (typeof who === 'object' ? who : [])),
    ...actsIn(line.followUps).flatMap(({ author, hidden }) => (hidden ? [] : [author])),
  ];
}

export function lineRecord(line: ExportedLine): object {
  return line.type === 'message' ? messageRecord(line) : systemRecord(line.entry);
}

/** `versions`: every text, oldest first, if the message was edited; `body` is the last. An erased message has no text. */
function messageRecord({ folded, followUps }: MessageLine) {
  const { message, state } = folded;
  const common = { type: 'message', group: message.group, seq: message.seq, at: iso(message.at), author: message.author };
  const sender = { ...(message.as ? { as: message.as } : {}), ...(message.replyTo === undefined ? {} : { reply_to: message.replyTo }) };
  if (isErased(folded)) return { ...common, ...sender, erased: true };
  const versions = versionsOf(message, followUps);
  const files = filesOf(folded);
  const [actions, acts] = [actionsOf(folded), actsIn(followUps)];
  return {
    ...common,
    ...sender,
    body: state.body,
    format: state.format,
    ...(state.mentions?.length ? { mentions: state.mentions } : {}),
    ...(files.length > 0 ? { files: files.map(fileRecord) } : {}),
    ...(versions.length > 1 ? { edited_at: versions.at(-1)?.at, versions } : {}),
    ...(state.pinned ? { pinned: { by: state.pinned.by, at: iso(state.pinned.at) } } : {}),
    ...(state.reactions.length > 0 ? { reactions: state.reactions.map((one) => reactionRecord(one.emoji, one.by, followUps)) } : {}),
    ...(actions.length > 0 ? { actions: actions.map(publicAction) } : {}),
    ...(acts.length > 0 ? { acts: acts.map(actRecord) } : {}),
  };
}

const actsIn = (followUps: readonly FollowUp[]) => followUps.filter((entry) => entry.kind === 'act');

/** Who it was only where everybody in the group may know; what was written is for the bot. */
const actRecord = ({ action, label, hidden, author, at }: FollowUp & { kind: 'act' }) => ({
  ...{ action, label, by: hidden ? null : author, at: iso(at) },
});

/** The uses of actions by one person, with all that the person wrote. */
export const givenActs = ({ folded: { message }, followUps }: MessageLine, user: UserId): object[] =>
  actsIn(followUps)
    .filter(({ author }) => author === user)
    .map(({ seq, action, label, values = {}, at }) => ({
      type: 'act',
      ...{ group: message.group, seq, message: message.seq, by: user, action, label, values, at: iso(at) },
    }));

/** Without edits that have only replaced the actions of a bot's message. */
const versionsOf = (message: Entry & { kind: 'message' }, followUps: readonly FollowUp[]) =>
  [message, ...followUps.filter((entry) => entry.kind === 'edit')]
    .filter(({ kind, actions, body, format }, index, all) => {
      const before = all[index - 1];
      return kind !== 'edit' || actions === undefined || body !== before?.body || format !== before.format;
    })
    .map(({ at, body, format }) => ({ at: iso(at), body, format }));

const fileRecord = (file: Attached) => ({
  ...{ id: file.id, name: file.name, type: file.type, bytes: file.bytes, path: filePath(file) },
  ...(file.alt === undefined ? {} : { alt: file.alt }),
});

const reactionRecord = (emoji: string, by: readonly UserId[], followUps: readonly FollowUp[]) => ({
  emoji,
  by: by.map((id) => ({ id, at: iso(reactedAt(followUps, emoji, id)) })),
});

function reactedAt(followUps: readonly FollowUp[], emoji: string, user: UserId): number {
  const all = followUps.filter((entry) => entry.kind === 'react' && entry.emoji === emoji && entry.author === user);
  return all.at(-1)?.at ?? 0;
}

/** A reaction of one person to a message of somebody else, whose text is not part of the export of that person. */
export const givenReactions = ({ folded: { message, state }, followUps }: MessageLine, user: UserId): object[] =>
  state.reactions
    .filter(({ by }) => by.includes(user))
    .map(({ emoji }) => ({
      type: 'reaction',
      ...{ group: message.group, seq: message.seq, by: user, emoji, at: iso(reactedAt(followUps, emoji, user)) },
    }));

function systemRecord(entry: Entry) {
  const {
    uid: _uid,
    key: _key,
    mac: _mac,
    pending: _pending,
    n: _n,
    at,
    group,
    seq,
    author,
    kind,
    ...rest
  }: Entry & { due?: number } = entry;
  delete rest.due;
  return { type: 'line', group, seq, at: iso(at), author, kind, ...rest };
}
