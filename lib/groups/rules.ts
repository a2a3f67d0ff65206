import type { Group, Membership, User } from '../store/port.ts';

/** Who asks, as far as a group is concerned. */
export type Standing = { readonly user: User; readonly group: Group; readonly membership: Membership | undefined };

export const isMember = ({ user, membership }: Standing): boolean => !user.disabled && membership?.in === true;

export const isModerator = (standing: Standing): boolean => isMember(standing) && standing.membership?.role === 'moderator';

/** Reading is for members only; an administrator who is none manages the group without reading it. */
export const mayRead = isMember;

export const mayPost = (standing: Standing): boolean => isMember(standing) && !standing.group.archived;

export const mayManage = (standing: Standing): boolean => !standing.user.disabled && (standing.user.admin || isModerator(standing));

/** Without a code: an open group, by anybody but a bot. */
export const mayJoinFreely = ({ user, group }: Standing): boolean => group.open && !group.archived && !user.bot && !user.disabled;

export const mayCreate = (user: User): boolean => !user.bot && !user.disabled;
