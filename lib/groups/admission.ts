import type { Core } from '../core.ts';
import { forbidden, notFound, tooMany } from '../errors.ts';
import { t } from '../language/text.ts';
import { groupAccess } from './operations.ts';
import { type GroupAccess, mayPost } from './rules.ts';

/** Errors: `forbidden` (archived), `notFound`. */
export function requireMember(at: GroupAccess): void {
  if (mayPost(at)) return;
  throw at.membership?.in && !at.user.disabled ? forbidden(t`This group is archived and read-only.`) : notFound();
}

/** Reads the membership again; throws when posting is no longer allowed. */
export async function decidePost(core: Core, at: GroupAccess): Promise<void> {
  requireMember(await currentAccess(core, at));
}

/** Errors: `notFound`. */
export async function currentAccess(core: Core, at: GroupAccess): Promise<GroupAccess> {
  const [group, user] = await Promise.all([core.store.groups.byId(at.group.id), core.store.users.byId(at.user.id)]);
  if (!group || !user) throw notFound();
  return groupAccess(core, user, group);
}

/** A process posts a quarter of a burst before it waits for the others: a post must not wait for the bus. */
export async function checkRate(core: Core, bucket: string): Promise<void> {
  const rate = core.config.postsPerSecond;
  const waitMs = await core.rateLimiter.takeShared(`post:${bucket}`, rate, rate * 3, (rate * 3) / 4);
  if (waitMs > 0) throw tooMany(t`Too many messages at once: ${rate} a second at most.`, waitMs);
}

/** Checks whether the user may post, before files are stored for it. Counts towards the rate limit. Errors: `forbidden`, `notFound`, `tooMany`. */
export async function checkPostRate(core: Core, at: GroupAccess, rate: string = at.user.id): Promise<void> {
  requireMember(at);
  await checkRate(core, rate);
}
