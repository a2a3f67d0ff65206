import type { User } from '../accounts/port.ts';
import { statusJson } from '../accounts/status.ts';
import type { Group, Membership } from './port.ts';
import type { RosterMember } from './roster.ts';
import { isHidden } from './rules.ts';

/** A group as JSON for one viewer. `n`: number of messages; `basePath`: of its URL. An administrator who is not a member has no role and cannot read it. */
export function groupJson(
  { id, number, slug, name, topic, kind, open, archived }: Group,
  membership: Membership | undefined,
  n: number,
  basePath: string,
) {
  const isIn = membership?.in === true;
  return {
    ...{ id, number, slug, name, topic, kind, open, archived },
    role: isIn ? membership.role : null,
    messages: n,
    unread: isIn ? Math.max(0, n - membership.mark) : 0,
    level: isIn ? membership.level : null,
    hidden: isIn && isHidden(membership, n),
    url: `${basePath}/groups/${slug}`,
  };
}

/** The join code as JSON, for moderators. Times are RFC 3339 in UTC. */
export const codeJson = ({ codeExpiresAt, codeUsesLeft }: Group, code: string, basePath: string) => ({
  code,
  invite: `${basePath}/join/${code}`,
  code_expires_at: codeExpiresAt === null ? null : new Date(codeExpiresAt).toISOString(),
  code_uses_left: codeUsesLeft,
});

/** An invitation as JSON. `isIn`: whether the viewer is already a member. */
export const invitationJson = ({ group, memberCount, isIn }: { group: Group; memberCount: number; isIn: boolean }) => ({
  name: group.name,
  topic: group.topic,
  members: memberCount,
  in: isIn,
});

/** A membership as JSON. */
export function membershipJson(group: Group, { id, name, bot }: Pick<User, 'id' | 'name' | 'bot'>, membership: Membership | undefined) {
  const isIn = membership?.in === true;
  return { group: group.slug, id, name, bot, in: isIn, role: isIn ? membership.role : null };
}

/** A member as JSON. */
export const memberJson = ({ seenAt, seen, shownName, avatar, status, ...member }: RosterMember, basePath: string) => ({
  ...member,
  display_name: shownName,
  avatar_url: avatar && basePath + avatar,
  status: statusJson(status),
  seen_at: seenAt === null ? null : new Date(seenAt).toISOString(),
});

/** A member as a line of tab-separated columns. */
export const memberText = ({ name, role, bot, present }: RosterMember): string =>
  `${[name, present ? 'here' : 'away', bot ? 'bot' : role].join('\t')}\n`;
