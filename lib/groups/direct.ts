import { nameKey } from '../accounts/account.ts';
import { avatarUrl } from '../accounts/avatar-url.ts';
import type { User } from '../accounts/port.ts';
import type { Core, Profile } from '../core.ts';
import { conflict, invalid, notFound } from '../errors.ts';
import { asUserId, newGroupId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { directSlug, directTitle, MAX_DIRECT, sortedPeople } from './group.ts';
import { changeMembership, setPreferences } from './membership.ts';
import type { Group } from './port.ts';
import { defaultLevel, type GroupAccess, isDirect } from './rules.ts';
import type { Disc } from './sidebar.ts';

/** Maximum number of names in one text. */
const MAX_PARTS = 16;
/** Stored name, for places that do not know the viewer. */
const NO_NAME = 'Direct message';

/** `isNew`: nobody has opened it before. */
type OpenedDirect = { readonly group: Group; readonly isNew: boolean };

/**
 * Opens the direct messages between a user and others: one group per set of people, also when several open it concurrently on several processes.
 * Without others they are notes to oneself. Errors: `invalid` (with: too many people, or a person who is disabled and not in it yet).
 */
export async function openDirect(core: Core, user: User, others: readonly User[]): Promise<OpenedDirect> {
  const everybody = [user, ...others];
  const people = sortedPeople(everybody.map(({ id }) => id));
  if (people.length > MAX_DIRECT) throw invalid('with', t`Direct messages are limited to ${MAX_DIRECT} people. Create a group instead.`);
  const present = await core.store.groups.bySlug(directSlug(people));
  const group = present ?? (await insertDirect(core, everybody));
  if (!isDirect(group) || group.people?.join() !== people.join()) throw conflict(t`These direct messages cannot be opened.`);
  const isNew = await complete(core, user, group);
  return { group: await withTitle(core, user.id, group), isNew: isNew && !present };
}

/**
 * Inserts the direct messages between these people, without members: openDirect adds them. The slug is unique: of concurrent calls one inserts the
 * group, and the others find it. Errors: `invalid` (with: somebody is disabled).
 */
export async function insertDirect(core: Core, everybody: readonly User[]): Promise<Group> {
  const people = sortedPeople(everybody.map(({ id }) => id));
  const disabled = everybody.find((one) => one.disabled);
  if (disabled) throw invalid('with', t`${disabled.name} is disabled.`);
  const id = newGroupId(core.random);
  const slug = directSlug(people);
  const code = { codeMac: `direct:${id}`, codeSealed: '', codeExpiresAt: null, codeUsesLeft: 0 }; // no code has this HMAC
  const plain = { kind: 'direct', people, name: NO_NAME, topic: '', open: false, archived: false, createdAt: core.now() } as const;
  const made = await core.store.groups.insert({ id, slug, ...code, ...plain });
  const group = typeof made === 'string' ? await core.store.groups.bySlug(slug) : made;
  if (!group) throw notFound();
  return group;
}

/**
 * Adds the missing members, the opener last: so whoever can post reaches all others, even after a crash in between. The others
 * see it in their lists with the first message. Resolves to whether the opener was added.
 */
async function complete(core: Core, user: User, group: Group): Promise<boolean> {
  const present = new Set((await core.store.memberships.ofGroup(group.id)).map((one) => one.user));
  const entering = { in: true, role: 'member', by: user.id, level: defaultLevel('direct') } as const;
  for (const id of group.people ?? [])
    if (!present.has(id) && id !== user.id) await changeMembership(core, group.id, id, { ...entering, hidden: 0 });
  if (!present.has(user.id)) return changeMembership(core, group.id, user.id, entering);
  await setPreferences(core, group.id, user.id, { hidden: null });
  return false;
}

/** A group as this user sees it: direct messages have a title, and a disc in lists of groups. */
export async function asSeenBy(core: Core, viewer: UserId, group: Group): Promise<{ readonly group: Group; readonly face: Disc | null }> {
  if (group.people === null) return { group, face: null };
  const people = [...(await core.directory.profiles(group.people)).values()];
  const name = directTitle(
    viewer,
    people.map(({ id, shownName }) => ({ id, name: shownName })),
  );
  return { group: { ...group, name }, face: discOf(viewer, people.length === 1 ? people : people.filter(({ id }) => id !== viewer)) };
}

function discOf(viewer: UserId, [first, ...rest]: readonly Profile[]): Disc | null {
  if (!first) return null;
  const { id, name, color, avatar } = first;
  if (rest.length > 0) return { name: String(rest.length + 1), color, avatar: null, person: null, isOwn: false };
  return { name, color, avatar: avatarUrl(avatar), person: id === viewer ? null : id, isOwn: id === viewer };
}

/** The group with the title that this user sees: used by all pages and responses. */
export const withTitle = async (core: Core, viewer: UserId, group: Group): Promise<Group> => (await asSeenBy(core, viewer, group)).group;

/** Access with that title. */
export const accessWithTitle = async (core: Core, at: GroupAccess): Promise<GroupAccess> =>
  at.group.people === null ? at : { ...at, group: await withTitle(core, at.user.id, at.group) };

/** Resolves texts to distinct users: each text is an id, a name, or several of them separated by commas. Errors: `invalid` (with). */
export async function findPeople(core: Core, texts: readonly string[]): Promise<User[]> {
  const found = await Promise.all(texts.filter((text) => text.trim() !== '').map((text) => named(core, text.trim())));
  return [...new Map(found.flat().map((user) => [user.id, user])).values()];
}

/** Tries the whole text first, since a name may contain a comma. */
async function named(core: Core, text: string): Promise<User[]> {
  const whole = await personOf(core, text);
  if (whole) return [whole];
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > MAX_PARTS) throw invalid('with', t`Direct messages are limited to ${MAX_DIRECT} people. Create a group instead.`);
  const people = parts.filter((part) => part !== '').map(async (part) => (await personOf(core, part)) ?? noSuchUser(part));
  return Promise.all(people);
}

/** An id has precedence over an equal name. */
const personOf = async (core: Core, text: string): Promise<User | undefined> =>
  (await core.store.users.byId(asUserId(text))) ?? core.store.users.byNameKey(nameKey(text));

function noSuchUser(name: string): never {
  throw invalid('with', t`There is no user named ${name.slice(0, 64)}.`);
}
