import type { GroupAccess } from '../groups/rules.ts';
import { isDirect, isMember, isModerator } from '../groups/rules.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';

/** For this long after erasing, the author can take it back. */
export const UNDO_MS = 10_000;
/** The sweep waits this much longer, so that an undo accepted in time is in the log before it looks. */
export const SCRUB_GRACE_MS = 5_000;

const isAuthor = (standing: GroupAccess, { message }: FoldedMessage): boolean => message.author === standing.user.id;
const isWritable = (standing: GroupAccess): boolean => isMember(standing) && !standing.group.archived;

/** The author, while the message is there. */
export const mayEdit = (standing: GroupAccess, folded: FoldedMessage): boolean =>
  isWritable(standing) && isAuthor(standing, folded) && !isErased(folded);

/** The author, a moderator of the group, or an administrator who is a member; of direct messages the author alone. */
export const mayErase = (standing: GroupAccess, folded: FoldedMessage): boolean =>
  isWritable(standing) &&
  !isErased(folded) &&
  (isAuthor(standing, folded) || isModerator(standing) || (standing.user.admin && !isDirect(standing.group)));

/** Whoever erased it, in time. */
export const mayUnerase = (standing: GroupAccess, folded: FoldedMessage, now: number): boolean => {
  const erased = folded.state.erasedBy;
  return isWritable(standing) && erased?.author === standing.user.id && now <= erased.undoUntil && folded.message.scrubbed !== true;
};

/** In a group of so many members `@all` names everybody without further ado. */
export const CONFIRM_BROADCAST_ABOVE = 10;

/** So many messages of a group are pinned at most. */
export const MAX_PINS = 50;

/** Any member, while the message is there. */
export const mayPin = (standing: GroupAccess, folded: FoldedMessage): boolean => isWritable(standing) && !isErased(folded);

export const mayReact = (standing: GroupAccess, folded: FoldedMessage): boolean => isWritable(standing) && !isErased(folded);
