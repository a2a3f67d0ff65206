import type { User } from '../accounts/port.ts';
import type { Admission } from '../accounts/sign-up.ts';
import type { Core } from '../core.ts';
import { DomainError, forbidden, notFound, tooMany } from '../errors.ts';
import { SYSTEM_GROUP } from '../ids.ts';
import { t } from '../language/text.ts';
import { badCode, groupOfCode } from './codes.ts';
import { changeMembership } from './membership.ts';
import { FIRST_SLUG } from './operations.ts';
import type { Group } from './port.ts';
import { isCodeValid, isMember, mayJoinFreely } from './rules.ts';

/** Rate limit for joining by a code or a slug, and for trying codes. */
const ATTEMPTS = { perSecond: 1 / 3, burst: 20 };

/** Joins the group of a code. Concurrent calls never exceed the uses of a code; a member uses none. Errors: `invalid` (code), `forbidden` (a bot), `tooMany` (too many attempts). */
export async function joinByCode(core: Core, user: User, code: string): Promise<Group> {
  refuseBots(user);
  await countAttempt(core, user.id);
  const group = await groupOfCode(core, code);
  if (group && (await isIn(core, user, group))) return group;
  if (!group || !isCodeValid(group, core.now())) throw badCode();
  if (!(await core.store.groups.takeUse(group.id, group.codeMac, core.now()))) throw badCode();
  let isNew = false;
  try {
    isNew = await enter(core, user, group);
  } finally {
    if (!isNew) await core.store.groups.returnUse(group.id, group.codeMac); // already a member in the meantime, or failed
  }
  return group;
}

/** Joins an open group. Errors: `notFound`, also for a group that is not open; `tooMany` (too many attempts). */
export async function joinOpenGroup(core: Core, user: User, slug: string): Promise<Group> {
  await countAttempt(core, user.id);
  const group = await core.store.groups.bySlug(slug);
  const membership = await core.store.memberships.get(group?.id ?? SYSTEM_GROUP, user.id); // also for no group: the time must not tell
  if (!group) throw notFound();
  if (isMember({ user, group, membership })) return group;
  if (!mayJoinFreely({ user, group, membership })) throw notFound();
  await enter(core, user, group);
  return group;
}

/**
 * Joins the group that somebody begins in: that of an invitation's code, or Lobby while it is an open group. Resolves to the path of its page; undefined
 * when the code is not valid (any more), or Lobby is not open.
 */
export async function joinFirstGroup(core: Core, user: User, code: string | undefined): Promise<string | undefined> {
  try {
    const { slug } = code === undefined ? await joinOpenGroup(core, user, FIRST_SLUG) : await joinByCode(core, user, code);
    return `/groups/${slug}`;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return undefined;
  }
}

/** The group of an invitation; `isIn`: whether the viewer is already a member. */
export type Invitation = { readonly group: Group; readonly memberCount: number; readonly isIn: boolean };

/** Reads an invitation; members see it also when the code is no longer valid. `who`: the bucket of the rate limit (a user's id, or a visitor's address). Errors: `invalid` (code), `tooMany`. */
export async function invitation(core: Core, code: string, user: User | undefined, who: string): Promise<Invitation> {
  await countAttempt(core, who);
  const group = await groupOfCode(core, code);
  const members = group ? await core.store.memberships.ofGroup(group.id) : [];
  const isMemberAlready = members.some((member) => member.user === user?.id);
  if (!group || !(isMemberAlready || isCodeValid(group, core.now()))) throw badCode();
  core.rateLimiter.giveBackShared(bucketOf(who)); // valid codes do not count
  return { group, memberCount: members.length, isIn: isMemberAlready };
}

const bucketOf = (who: string): string => `join:${who}`;

async function countAttempt(core: Core, who: string): Promise<void> {
  const waitMs = await core.rateLimiter.takeShared(bucketOf(who), ATTEMPTS.perSecond, ATTEMPTS.burst);
  if (waitMs > 0) throw tooMany(t`Too many attempts to join. Wait a moment.`, waitMs);
}

const isIn = async (core: Core, { id }: User, group: Group): Promise<boolean> =>
  (await core.store.memberships.get(group.id, id))?.in === true;

function refuseBots(user: User): void {
  if (user.bot || user.disabled) throw forbidden(t`Bots are added by a moderator.`);
}

/** Resolves to whether the user was added. */
async function enter(core: Core, user: User, group: Group): Promise<boolean> {
  refuseBots(user);
  return changeMembership(core, group.id, user.id, { in: true, role: 'member', by: user.id });
}

/** Takes one use of a group's code for a sign-up, whose account then joins the group. Undefined when the code is not valid. */
export async function admitByCode(core: Core, code: string): Promise<Admission | undefined> {
  const group = await groupOfCode(core, code);
  if (!group || !isCodeValid(group, core.now())) return undefined;
  if (!(await core.store.groups.takeUse(group.id, group.codeMac, core.now()))) return undefined;
  return {
    async accept(user) {
      await enter(core, user, group).catch((error: unknown) =>
        core.logger.info({ err: error }, 'a new account could not join the group of its code'),
      );
    },
    cancel: () => core.store.groups.returnUse(group.id, group.codeMac),
  };
}
