import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import type { UserId } from '../ids.ts';
import { avatarPath } from './avatar-url.ts';
import type { Token, User } from './port.ts';
import { currentStatus, statusJson } from './status.ts';

const iso = (at: number): string => new Date(at).toISOString();

/** A group with the name that the viewer sees: for direct messages, the names of the others. */
export type Titled = (viewer: UserId, group: Group) => Promise<Group>;

/** GET /me as JSON: the account, its groups, and the token of the request (`ref`: its hash), if any. `at` is the server's time. */
export async function meJson(
  core: Core,
  { id, name, displayName, avatar, status, color, admin, bot }: User,
  ref: string | undefined,
  titled: Titled,
) {
  const [memberships, token] = await Promise.all([
    core.store.memberships.ofUser(id),
    ref === undefined ? undefined : core.store.tokens.byHash(ref),
  ]);
  const roles = new Map(memberships.map(({ group, role }) => [group, role]));
  const found = (await core.store.groups.byIds([...roles.keys()])).sort((a, b) => a.number - b.number);
  const groups = await Promise.all(found.map((group) => titled(id, group)));
  return {
    ...{
      id,
      name,
      display_name: displayName ?? name,
      avatar_url: avatarPath(avatar, 'large', core.config.basePath),
      status: statusJson(currentStatus(status, core.now())),
    },
    ...{ color, admin, bot, at: iso(core.now()) },
    token: token ? tokenJson(token) : null,
    groups: groups.map((group) => ({ id: group.id, slug: group.slug, name: group.name, role: roles.get(group.id) ?? 'member' })),
  };
}

const tokenJson = ({ prefix, name, createdAt, lastUsedAt }: Token) => ({
  ...{ prefix, name: name ?? null, created_at: iso(createdAt) },
  last_used_at: lastUsedAt === null ? null : iso(lastUsedAt),
});
