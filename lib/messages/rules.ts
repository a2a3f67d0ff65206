import type { User } from '../accounts/port.ts';
import { UNDO_SECONDS } from '../accounts/preferences.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { isDirect, isMember, isModerator } from '../groups/rules.ts';
import type { Message } from '../log/entry.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';

/** Period in which an erasure can be undone by somebody who has not chosen another. */
export const UNDO_MS = UNDO_SECONDS * 1000;
/** The same for a person. */
export const undoMs = ({ preferences }: Pick<User, 'preferences'>): number => (preferences?.undoSeconds ?? UNDO_SECONDS) * 1000;
/** Scrubbing waits this much longer, so that an undo accepted in time is in the log before. */
export const SCRUB_GRACE_MS = 5_000;

const isAuthor = (access: GroupAccess, { message }: FoldedMessage): boolean => message.author === access.user.id;
const isWritable = (access: GroupAccess): boolean => isMember(access) && !access.group.archived;

/** The author, until the message is erased. */
export const mayEdit = (access: GroupAccess, folded: FoldedMessage): boolean =>
  isWritable(access) && isAuthor(access, folded) && !isErased(folded);

/** The author, a moderator of the group, or an administrator who is a member; in direct messages only the author. */
export const mayErase = (access: GroupAccess, folded: FoldedMessage): boolean =>
  isWritable(access) &&
  !isErased(folded) &&
  (isAuthor(access, folded) || isModerator(access) || (access.user.admin && !isDirect(access.group)));

/** The user who erased it, until `undoUntil`. */
export const mayUnerase = (access: GroupAccess, folded: FoldedMessage, now: number): boolean => {
  const erased = folded.state.erasedBy;
  return isWritable(access) && erased?.author === access.user.id && now <= erased.undoUntil && folded.message.scrubbed !== true;
};

/** `@all` needs a confirmation in groups with more members. */
export const CONFIRM_BROADCAST_ABOVE = 10;

/** Maximum number of pinned messages of a group. */
export const MAX_PINS = 50;

/** Any member, until the message is erased. */
export const mayPin = (access: GroupAccess, folded: FoldedMessage): boolean => isWritable(access) && !isErased(folded);

export const mayReact = (access: GroupAccess, folded: FoldedMessage): boolean => isWritable(access) && !isErased(folded);

/** Messages of one author this close together are shown under one heading. */
const TOGETHER_MS = 5 * 60_000;

/**
 * Whether a message is shown under the heading of the message before it in the log (`previous`): by the same author under the same name, within five
 * minutes. Cards of bots and replies have a heading of their own. Decided from the log alone, so that pages and streams agree, whoever joins or leaves.
 */
export const continues = (message: Message, previous: Message | undefined): boolean =>
  previous !== undefined &&
  previous.author === message.author &&
  previous.as === message.as &&
  message.format !== 'model' &&
  message.replyTo === undefined &&
  message.at - previous.at <= TOGETHER_MS;
