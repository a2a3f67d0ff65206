import type { UserId } from '../ids.ts';
import { type Action, type ActionUses, withAnswer, withUse } from './action.ts';
import type { Edited, EntryCommon, Folded, FollowUp, Message, Reaction } from './entry.ts';

/** A message with its follow-ups applied: what a page shows. `rev`: the last seq applied. */
export type FoldedMessage = { readonly message: Message; readonly rev: number; readonly state: Folded };

/** A snapshot is stored after this number of follow-ups, or of characters in them: every reader of the message reads them. */
const [SNAPSHOT_EVERY, SNAPSHOT_LENGTH] = [32, 128 * 1024];

const start = (message: Message): Folded =>
  message.folded ?? { upto: message.seq, body: message.body, format: message.format, reactions: [], ...mentionsOf(message) };

const mentionsOf = ({ mentions }: { mentions?: readonly UserId[] }) => (mentions ? { mentions } : {});

const filesIn = ({ attachments }: Edited) => (attachments ? { attachments } : {});

function withoutMentions(state: Folded): Folded {
  const { mentions: _replaced, ...rest } = state;
  return rest;
}

/** Applies follow-ups, sorted by seq, to a message. Those that its snapshot contains are skipped. */
export function fold(message: Message, followUps: readonly FollowUp[]): FoldedMessage {
  let state = start(message);
  for (const entry of followUps) if (entry.seq > state.upto) state = { ...apply(state, entry), upto: entry.seq };
  return { message, rev: state.upto, state };
}

function apply(state: Folded, entry: FollowUp): Folded {
  switch (entry.kind) {
    case 'edit':
      return edited(state, entry);
    case 'erase':
      return { ...state, erasedBy: { seq: entry.seq, author: entry.author, at: entry.at, undoUntil: entry.undoUntil } };
    case 'unerase': {
      const { erasedBy: _gone, ...rest } = state;
      return rest;
    }
    case 'pin':
      return { ...state, pinned: { seq: entry.seq, by: entry.author, at: entry.at } };
    case 'unpin': {
      const { pinned: _gone, ...rest } = state;
      return rest;
    }
    case 'react':
      return { ...state, reactions: withReaction(state.reactions, entry.emoji, entry.author) };
    case 'unreact':
      return { ...state, reactions: withoutReaction(state.reactions, entry.emoji, entry.author) };
    case 'act':
      return { ...state, uses: withUse(state.uses ?? [], entry) };
    case 'ack':
      return { ...state, uses: withAnswer(state.uses ?? [], entry.act, entry.action) };
    default:
      throw entry satisfies never;
  }
}

/** An edit is the author's answer to the uses of actions before it. One that only replaces actions does not change when the text was edited. */
function edited(state: Folded, entry: Edited & Pick<EntryCommon, 'at' | 'seq'>): Folded {
  const { body, format, actions } = entry;
  const isOfText = actions === undefined || entry.attachments !== undefined || body !== state.body || format !== state.format;
  return {
    ...(entry.quiet ? state : withoutMentions(state)),
    body,
    format,
    ...(isOfText && !entry.quiet ? { editedAt: entry.at } : {}),
    ...mentionsOf(entry),
    ...filesIn(entry),
    ...(actions ? { actions } : {}),
    ...(state.uses ? { uses: withAnswer(keptUses(state.uses, actions), entry.seq) } : {}),
  };
}

/** Without those of actions that an edit has removed. */
const keptUses = (uses: readonly ActionUses[], actions?: readonly Action[]): readonly ActionUses[] =>
  actions === undefined ? uses : uses.filter(({ action }) => actions.some(({ id }) => id === action));

function withReaction(reactions: readonly Reaction[], emoji: string, user: UserId): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  if (!known) return [...reactions, { emoji, by: [user] }];
  if (known.by.includes(user)) return [...reactions];
  return reactions.map((reaction) => (reaction === known ? { emoji, by: [...known.by, user] } : reaction));
}

function withoutReaction(reactions: readonly Reaction[], emoji: string, user: UserId): Reaction[] {
  return reactions
    .map((reaction) => (reaction.emoji === emoji ? { emoji, by: reaction.by.filter((id) => id !== user) } : reaction))
    .filter((reaction) => reaction.by.length > 0);
}

/** Folds messages with their follow-ups, which are sorted by seq. */
export function foldAll(messages: readonly Message[], followUps: readonly FollowUp[]): FoldedMessage[] {
  const byTarget = Map.groupBy(followUps, (entry) => entry.target);
  return messages.map((message) => fold(message, byTarget.get(message.seq) ?? []));
}

/** Whether the message is erased, scrubbed or not. */
export const isErased = ({ message, state }: FoldedMessage): boolean => state.erasedBy !== undefined || message.scrubbed === true;

/** The actions under a message now; none under an erased one. */
export const actionsOf = (folded: FoldedMessage): readonly Action[] =>
  isErased(folded) ? [] : (folded.state.actions ?? folded.message.actions ?? []);

/** The uses of an action; undefined when nobody has used it. */
export const usesOf = ({ state }: FoldedMessage, action: string): ActionUses | undefined =>
  state.uses?.find((one) => one.action === action);

/** Whether a new snapshot is due. `followUps`: those since the last snapshot. */
export function wantsSnapshot(message: Message, followUps: readonly FollowUp[]): boolean {
  const length = followUps.reduce((sum, entry) => sum + (entry.kind === 'edit' ? entry.body.length : 0), 0);
  return message.scrubbed !== true && (followUps.length >= SNAPSHOT_EVERY || length >= SNAPSHOT_LENGTH);
}
