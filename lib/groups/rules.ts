import type { User } from '../accounts/port.ts';
import type { Group, Membership } from './port.ts';

/** A user, a group and the user's membership. The name of direct messages is their title for this user. */
export type GroupAccess = { readonly user: User; readonly group: Group; readonly membership: Membership | undefined };

/** Direct messages have a fixed set of members and no moderators, and are visible only to their members. */
export const isDirect = ({ kind }: Pick<Group, 'kind'>): boolean => kind === 'direct';

export const isMember = ({ user, membership }: GroupAccess): boolean => !user.disabled && membership?.in === true;

export const isModerator = (access: GroupAccess): boolean =>
  isMember(access) && access.membership?.role === 'moderator' && !isDirect(access.group);

/** Members only: an administrator who is not a member manages the group without reading it. */
export const mayRead = isMember;

export const mayPost = (access: GroupAccess): boolean => isMember(access) && !access.group.archived;

export const mayManage = (access: GroupAccess): boolean =>
  !isDirect(access.group) && !access.user.disabled && (access.user.admin || isModerator(access));

/** Joining without a code: people, into open groups. */
export const mayJoinFreely = ({ user, group }: GroupAccess): boolean =>
  !isDirect(group) && group.open && !group.archived && !user.bot && !user.disabled;

export const mayLeave = (access: GroupAccess): boolean => isMember(access) && !isDirect(access.group);

/** Only direct messages can be hidden from one's list; a group can be left or muted. */
export const mayHide = (access: GroupAccess): boolean => isMember(access) && isDirect(access.group);

export const mayCreate = (user: User): boolean => !user.bot && !user.disabled;

/** Whether the code of a group is valid at `now` (ms). */
export const isCodeValid = ({ kind, archived, codeExpiresAt, codeUsesLeft }: CodeState, now: number): boolean =>
  kind === 'group' && !archived && (codeExpiresAt === null || codeExpiresAt > now) && (codeUsesLeft === null || codeUsesLeft > 0);

type CodeState = Pick<Group, 'kind' | 'archived' | 'codeExpiresAt' | 'codeUsesLeft'>;

/** Default notification level. */
export const defaultLevel = (kind: Group['kind']): Membership['level'] => (kind === 'direct' ? 'everything' : 'mentions');

export const isMuted = ({ level }: Pick<Membership, 'level'>): boolean => level === 'nothing';

/** Whether the member has hidden it and no message has come since. `n`: number of messages. */
export const isHidden = ({ hidden }: Pick<Membership, 'hidden'>, n: number): boolean => hidden !== null && n <= hidden;

/** Whether a change removes a moderator. */
export const stepsDown = (present: Pick<Membership, 'in' | 'role'> | undefined, next: Pick<Membership, 'in' | 'role'>): boolean =>
  present?.in === true && present.role === 'moderator' && !(next.in && next.role === 'moderator');

/** Whether a moderator may step down: another moderator remains, or no other person is in the group. `others`: the other members. */
export function canStepDown(
  others: readonly { readonly user: Pick<User, 'bot' | 'disabled'>; readonly membership: Membership }[],
): boolean {
  const people = others.filter(({ user, membership }) => membership.in && !user.bot && !user.disabled);
  return people.length === 0 || people.some(({ membership }) => membership.role === 'moderator' && !membership.ceding);
}
