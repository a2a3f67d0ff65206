import type { User } from '../accounts/port.ts';
import type { Group, Membership } from './port.ts';

/** Who asks, as far as a group is concerned. The name of a direct message's group is here its title for that user. */
export type GroupAccess = { readonly user: User; readonly group: Group; readonly membership: Membership | undefined };

/** Direct messages: a fixed set of people, whom nobody manages, and of whom nobody else knows. */
export const isDirect = ({ kind }: Pick<Group, 'kind'>): boolean => kind === 'direct';

export const isMember = ({ user, membership }: GroupAccess): boolean => !user.disabled && membership?.in === true;

export const isModerator = (standing: GroupAccess): boolean =>
  isMember(standing) && standing.membership?.role === 'moderator' && !isDirect(standing.group);

/** Reading is for members only; an administrator who is none manages the group without reading it. */
export const mayRead = isMember;

export const mayPost = (standing: GroupAccess): boolean => isMember(standing) && !standing.group.archived;

export const mayManage = (standing: GroupAccess): boolean =>
  !isDirect(standing.group) && !standing.user.disabled && (standing.user.admin || isModerator(standing));

/** Without a code: an open group, by anybody but a bot. */
export const mayJoinFreely = ({ user, group }: GroupAccess): boolean =>
  !isDirect(group) && group.open && !group.archived && !user.bot && !user.disabled;

export const mayLeave = (standing: GroupAccess): boolean => isMember(standing) && !isDirect(standing.group);

/** Out of one's own list. Of a group one leaves, or mutes it. */
export const mayHide = (standing: GroupAccess): boolean => isMember(standing) && isDirect(standing.group);

export const mayCreate = (user: User): boolean => !user.bot && !user.disabled;

/** Whether a group's code still lets somebody in at `now` (ms). */
export const isCodeGood = ({ kind, archived, codeExpiresAt, codeUsesLeft }: CodeState, now: number): boolean =>
  kind === 'group' && !archived && (codeExpiresAt === null || codeExpiresAt > now) && (codeUsesLeft === null || codeUsesLeft > 0);

type CodeState = Pick<Group, 'kind' | 'archived' | 'codeExpiresAt' | 'codeUsesLeft'>;

/** What of a group a member is told of, where nothing else was chosen. */
export const usualLevel = (kind: Group['kind']): Membership['level'] => (kind === 'direct' ? 'everything' : 'mentions');

export const isMuted = ({ level }: Pick<Membership, 'level'>): boolean => level === 'nothing';

/** Whether the member does not want to see it in lists: until something is said that was not there then. `n`: how many messages there are. */
export const isHidden = ({ hidden }: Pick<Membership, 'hidden'>, n: number): boolean => hidden !== null && n <= hidden;

/** Whether a change takes a moderator away from a group. */
export const stepsDown = (present: Pick<Membership, 'in' | 'role'> | undefined, next: Pick<Membership, 'in' | 'role'>): boolean =>
  present?.in === true && present.role === 'moderator' && !(next.in && next.role === 'moderator');

/** Whether a group can do without one more moderator: another stays, or no other person is there. `others`: those in it, with who they are. */
export function canStepDown(
  others: readonly { readonly user: Pick<User, 'bot' | 'disabled'>; readonly membership: Membership }[],
): boolean {
  const people = others.filter(({ user, membership }) => membership.in && !user.bot && !user.disabled);
  return people.length === 0 || people.some(({ membership }) => membership.role === 'moderator' && !membership.ceding);
}
