import type { User } from '../accounts/port.ts';
import { FIRST_ACCOUNT } from '../accounts/sign-up-mode.ts';
import type { Core } from '../core.ts';
import { conflict, forbidden, invalid, notFound } from '../errors.ts';
import { TYPING_MS } from '../events.ts';
import { asUserId, type GroupId, newGroupId, randomId, SYSTEM_GROUP, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Lookups } from '../store/lookup-cache.ts';
import { changeGroup } from './changes.ts';
import { newCode } from './codes.ts';
import { accessWithTitle } from './direct.ts';
import { parseGroupName, parseTopic, slugOf } from './group.ts';
import { changeMembership, setPreferences } from './membership.ts';
import type { Group, Membership } from './port.ts';
import type { GroupAccess } from './rules.ts';
import * as rules from './rules.ts';

const MAX_ATTEMPTS = 10;
/** The slug of the group that the first account gets, and that new accounts join. */
export const FIRST_SLUG = 'lobby';
const nobodyManages = () => forbidden(t`Direct messages have fixed members and are managed by nobody.`);

/** The access of a user to a group. */
export async function groupAccess(core: Core, user: User, group: Group, lookups: Lookups = core.store): Promise<GroupAccess> {
  return { user, group, membership: await lookups.memberships.get(group.id, user.id) };
}

/** A group that this user may read, by slug. Errors: `notFound`, whether it is forbidden or absent. */
export async function openGroup(core: Core, user: User, slug: string, lookups: Lookups = core.store): Promise<GroupAccess> {
  const found = await findGroup(core, user, slug, lookups);
  if (!rules.mayRead(found)) throw notFound();
  return accessWithTitle(core, found);
}

/** A group that this user may manage. Errors: `notFound` without read access, `forbidden` for a plain member. */
export async function openManagedGroup(core: Core, user: User, slug: string): Promise<GroupAccess> {
  const found = await findGroup(core, user, slug);
  if (rules.mayManage(found)) return found;
  if (!rules.mayRead(found)) throw notFound();
  throw rules.isDirect(found.group) ? nobodyManages() : forbidden(t`Only moderators of this group and administrators can do that.`);
}

/** A group for its members, and for administrators who manage it without being members. Errors: `notFound`. */
export async function openForMembers(core: Core, user: User, slug: string): Promise<GroupAccess> {
  const found = await findGroup(core, user, slug);
  if (!rules.mayRead(found) && !rules.mayManage(found)) throw notFound();
  return accessWithTitle(core, found);
}

async function findGroup(core: Core, user: User, slug: string, lookups: Lookups = core.store): Promise<GroupAccess> {
  const group = await lookups.groups.bySlug(slug);
  if (group) return groupAccess(core, user, group, lookups);
  await lookups.memberships.get(SYSTEM_GROUP, user.id); // as many reads as for a group that exists: the time must not tell which do
  throw notFound();
}

/** Creates a group; the creator is its first moderator. Errors: `invalid` (name), `forbidden`. */
export async function createGroup(core: Core, creator: User, input: { readonly name: string; readonly open?: boolean }): Promise<Group> {
  if (!rules.mayCreate(creator)) throw forbidden(t`Bots cannot create groups.`);
  const group = await insertGroup(core, parseGroupName(input.name), input.open ?? false);
  await changeMembership(core, group.id, creator.id, { in: true, role: 'moderator', by: creator.id });
  return group;
}

/** Creates a group without members (the CLI adds them). `id`: an unused one. Errors: `invalid` (name). */
export async function insertGroup(core: Core, name: string, open: boolean, id = newGroupId(core.random)): Promise<Group> {
  const wanted = await slugOf(parseGroupName(name));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const slug = wanted === '' ? `g-${randomId(core.random, 6)}` : attempt === 0 ? wanted : `${wanted}-${randomId(core.random, 4)}`;
    const made = await insertAt(core, id, slug, name, open);
    if (typeof made === 'object') return wanted === '' ? useNumberAsSlug(core, made) : made;
  }
  throw conflict(t`No free URL was found for this name. Choose another name.`, 'name');
}

/** Inserts a group with this slug; resolves to the name of the field that is taken. */
function insertAt(core: Core, id: GroupId, slug: string, name: string, open: boolean): Promise<Group | 'slug' | 'code'> {
  const code = { ...newCode(core), codeExpiresAt: null, codeUsesLeft: null };
  const plain = { kind: 'group', people: null, topic: '', archived: false, createdAt: core.now() } as const;
  return core.store.groups.insert({ id, slug, name, open, ...plain, ...code });
}

/** Names that cannot be transliterated get the slug `g-<number>`. */
async function useNumberAsSlug(core: Core, group: Group): Promise<Group> {
  const slug = `g-${group.number}`;
  return (await core.store.groups.update(group.id, { slug })) === 'done' ? { ...group, slug } : group;
}

/** Leaves a group. Errors: `conflict` for the last moderator while others remain, `forbidden` for direct messages. */
export async function leaveGroup(core: Core, at: GroupAccess): Promise<void> {
  const { user, group } = at;
  if (rules.isDirect(group)) throw forbidden(t`Direct messages cannot be left. Mute them, or hide them from your list.`);
  await changeMembership(core, group.id, user.id, { in: false, role: 'member', by: user.id });
}

/** Adds a person or bot; a present member keeps the role. Resolves to whether the user was added. Errors: `invalid` (disabled), `forbidden` (direct messages). */
export async function addMember(
  core: Core,
  by: UserId,
  group: Group,
  user: User,
  role: 'member' | 'moderator' = 'member',
): Promise<boolean> {
  refuseDirect(group);
  if (user.disabled) throw invalid('name', t`${user.name} is disabled.`);
  if ((await core.store.memberships.get(group.id, user.id))?.in) return false;
  return changeMembership(core, group.id, user.id, { in: true, role, by });
}

/**
 * Removes a member; their streams close with the `leave` entry. Resolves to whether the user was a member. `force`: also removes the last moderator.
 * Errors: `conflict` for the last moderator while others remain.
 */
export async function removeMember(core: Core, by: UserId, group: Group, user: User, force = false): Promise<boolean> {
  refuseDirect(group);
  return changeMembership(core, group.id, user.id, { in: false, role: 'member', by, force });
}

function refuseDirect(group: Group): void {
  if (rules.isDirect(group)) throw nobodyManages();
}

/** Sets the notification level of a member. */
export async function setLevel(core: Core, { group, user }: GroupAccess, level: Membership['level']): Promise<void> {
  await setPreferences(core, group.id, user.id, { level });
}

/** Puts a group into the section Favourites of a member's list, or back. */
export async function setFavourite(core: Core, { group, user }: GroupAccess, favourite: boolean): Promise<void> {
  await setPreferences(core, group.id, user.id, { favourite });
}

/** Hides direct messages from a member's list until the next message, or shows them again. Errors: `forbidden` for a group. */
export async function setHidden(core: Core, at: GroupAccess, isHidden: boolean): Promise<void> {
  const { group, user } = at;
  if (!rules.mayHide(at)) throw forbidden(t`Only direct messages can be hidden. Leave the group, or mute it.`);
  const hidden = isHidden ? (await core.store.log.head(group.id)).n : null;
  await setPreferences(core, group.id, user.id, { hidden });
}

/** Sets the role of a member. Errors: `notFound` (not a member), `conflict` (last moderator), `forbidden` (a bot). */
export async function setRole(core: Core, by: UserId, group: Group, user: User, role: 'member' | 'moderator'): Promise<void> {
  refuseDirect(group);
  if (!(await core.store.memberships.get(group.id, user.id))?.in) throw notFound(t`${user.name} is not in this group.`);
  if (role === 'moderator' && user.bot) throw forbidden(t`A bot cannot be a moderator.`);
  await changeMembership(core, group.id, user.id, { in: true, role, by });
}

/** Renames a group and changes its slug; the old slug redirects. Errors: `invalid` (name). */
export async function renameGroup(core: Core, by: UserId, group: Group, name: string): Promise<Group> {
  refuseDirect(group);
  const parsed = parseGroupName(name);
  if (parsed === group.name) return group;
  const wanted = await slugOf(parsed);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const slug = wanted === '' ? group.slug : attempt === 0 ? wanted : `${wanted}-${randomId(core.random, 4)}`;
    const patch = { name: parsed, slug };
    if ((await changeGroup(core, by, group, patch, { kind: 'rename', ...patch })) !== 'done') continue;
    return { ...group, name: parsed, slug };
  }
  throw conflict(t`No free URL was found for this name. Choose another name.`, 'name');
}

/** Sets the topic; empty removes it. Errors: `invalid` (topic). */
export async function setTopic(core: Core, by: UserId, group: Group, topic: string): Promise<void> {
  const parsed = parseTopic(topic);
  if (parsed === group.topic) return;
  refuseDirect(group);
  if ((await changeGroup(core, by, group, { topic: parsed }, { kind: 'topic', topic: parsed })) !== 'done') throw notFound();
}

/** Archives or unarchives a group. An archived group is read-only; its streams stay open. */
export async function setArchived(core: Core, by: UserId, group: Group, archived: boolean): Promise<void> {
  if (archived === group.archived) return;
  refuseDirect(group);
  if ((await changeGroup(core, by, group, { archived }, { kind: 'archive', on: archived })) !== 'done') throw notFound();
}

export async function setOpen(core: Core, group: Group, open: boolean): Promise<void> {
  refuseDirect(group);
  if ((await core.store.groups.update(group.id, { open })) !== 'done') throw notFound();
}

/** Completes the first account: makes it administrator and moderator of the open group Lobby. Idempotent. */
export async function finishFirstAccount(core: Core): Promise<void> {
  const { settings, users } = core.store;
  const first = await settings.get(FIRST_ACCOUNT);
  if (first === undefined || (await settings.get('first-settled')) !== undefined) return;
  const user = await users.byId(asUserId(first));
  if (!user) return;
  await users.update(user.id, { admin: true });
  await insertAt(core, newGroupId(core.random), FIRST_SLUG, 'Lobby', true); // refused when another call has created it
  const lobby = await core.store.groups.bySlug(FIRST_SLUG);
  if (lobby) await addMember(core, user.id, lobby, user, 'moderator');
  await settings.putIfAbsent('first-settled', 'yes');
}

/** Publishes that this member is typing; at most once per second, and only if they may post. */
export function publishTyping(core: Core, at: GroupAccess): void {
  const { group, user } = at;
  if (!rules.mayPost(at) || core.rateLimiter.take(`typing:${group.id}:${user.id}`, 1, 2) > 0) return;
  core.bus.publish({ type: 'typing', group: group.id, user: user.id, until: core.now() + TYPING_MS });
}
