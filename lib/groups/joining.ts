import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { forbidden, notFound, tooMany } from '../errors.ts';
import { badCode, groupOfCode } from './codes.ts';
import { changeMembership } from './membership.ts';
import { finishFirstAccount } from './operations.ts';
import type { Group } from './port.ts';
import { isCodeGood, isMember, mayJoinFreely } from './rules.ts';

/** Codes that may be tried, a second and at once. */
const GUESSES = { perSecond: 1 / 3, burst: 20 };

/** Errors: `invalid` (code), `forbidden` (a bot), `tooMany` (guessing). Of those who use one code at once no more come in than it has uses left; who is in already uses none. */
export async function joinByCode(core: Core, user: User, code: string): Promise<Group> {
  refuseBots(user);
  countGuess(core, user.id);
  const group = await groupOfCode(core, code);
  if (group && (await isIn(core, user, group))) return group;
  if (!group || !isCodeGood(group, core.now())) throw badCode();
  if (!(await core.store.groups.takeUse(group.id, group.codeMac, core.now()))) throw badCode();
  let isNew = false;
  try {
    isNew = await enter(core, user, group);
  } finally {
    if (!isNew) await core.store.groups.giveUseBack(group.id, group.codeMac); // came in by another way meanwhile, or could not
  }
  return group;
}

/** Errors: `notFound` unless the group is open. */
export async function joinOpenGroup(core: Core, user: User, slug: string): Promise<Group> {
  const group = await core.store.groups.bySlug(slug);
  if (!group) throw notFound();
  const membership = await core.store.memberships.get(group.id, user.id);
  if (isMember({ user, group, membership })) return group;
  if (!mayJoinFreely({ user, group, membership })) throw notFound();
  await enter(core, user, group);
  return group;
}

/** A group as its invitation shows it. */
export type Invitation = { readonly group: Group; readonly memberCount: number; readonly isIn: boolean };

/** What a link invites to; who is in already sees it even if it lets nobody in any more. `who`: whose guesses are counted (a user's id, or a visitor's address). Errors: `invalid` (code), `tooMany`. */
export async function invitation(core: Core, code: string, user: User | undefined, who: string): Promise<Invitation> {
  countGuess(core, who);
  const group = await groupOfCode(core, code);
  const members = group ? await core.store.memberships.ofGroup(group.id) : [];
  const isThere = members.some((member) => member.user === user?.id);
  if (!group || !(isThere || isCodeGood(group, core.now()))) throw badCode();
  core.rateLimiter.giveBack(bucketOf(who)); // it was no guess
  return { group, memberCount: members.length, isIn: isThere };
}

const bucketOf = (who: string): string => `join:${who}`;

function countGuess(core: Core, who: string): void {
  const waitMs = core.rateLimiter.take(bucketOf(who), GUESSES.perSecond, GUESSES.burst);
  if (waitMs > 0) throw tooMany('Too many codes tried. Wait a minute.', waitMs);
}

const isIn = async (core: Core, { id }: User, group: Group): Promise<boolean> =>
  (await core.store.memberships.get(group.id, id))?.in === true;

function refuseBots(user: User): void {
  if (user.bot || user.disabled) throw forbidden('Bots are added by a moderator.');
}

/** Whether the user was not in before. */
async function enter(core: Core, user: User, group: Group): Promise<boolean> {
  refuseBots(user);
  return changeMembership(core, group.id, user.id, { in: true, role: 'member', by: user.id });
}

/** A newcomer: finishes what the first account is promised; who made the account with a group's code comes in by it, so that each account uses it once. */
export async function joinAfterSignUp(core: Core, user: User, code: string | undefined): Promise<void> {
  await finishFirstAccount(core);
  if (core.config.signup !== 'code' || code === undefined || !(await groupOfCode(core, code))) return;
  await joinByCode(core, user, code).catch((error: unknown) => core.logger.info({ err: error }, 'a newcomer did not come into a group'));
}
