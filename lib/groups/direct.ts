import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { conflict, invalid, notFound } from '../errors.ts';
import { asUserId, newGroupId, type UserId } from '../ids.ts';
import { directSlug, directTitle, MAX_DIRECT, sortedPeople } from './group.ts';
import { changeMembership, prefer } from './membership.ts';
import type { Group } from './port.ts';
import { type GroupAccess, isDirect, usualLevel } from './rules.ts';

/** Names with commas between them that are looked up at once. */
const MAX_PARTS = 16;
/** Stored, for what shows a name without knowing who looks. */
const NO_NAME = 'Direct message';

/** `isNew`: nobody had opened it before. */
type OpenedDirect = { readonly group: Group; readonly isNew: boolean };

/**
 * The direct messages between a user and others: always the same ones for the same people, whoever opens them first, here or at another process.
 * With nobody else they are notes to oneself. Errors: `invalid` (with: too many, or somebody new to them is disabled).
 */
export async function openDirect(core: Core, user: User, others: readonly User[]): Promise<OpenedDirect> {
  const everybody = [user, ...others];
  const people = sortedPeople(everybody.map(({ id }) => id));
  if (people.length > MAX_DIRECT) throw invalid('with', `Direct messages are between ${MAX_DIRECT} people at most: make a group instead.`);
  const present = await core.store.groups.bySlug(directSlug(people));
  const group = present ?? (await insert(core, people, everybody));
  if (!isDirect(group) || group.people?.join() !== people.join()) throw conflict('These direct messages cannot be opened.');
  const isNew = await complete(core, user, group);
  return { group: await withTitle(core, user.id, group), isNew: isNew && !present };
}

/** The slug decides: of several who open it at once one inserts it, and the others find it. */
async function insert(core: Core, people: UserId[], everybody: readonly User[]): Promise<Group> {
  const disabled = everybody.find((one) => one.disabled);
  if (disabled) throw invalid('with', `${disabled.name} is disabled.`);
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
 * Brings in whoever is missing, the one who opens it last: so whoever can write there reaches all the others, even if this is cut short. The others
 * see it in their lists with the first message. Resolves to whether the opener was not in before.
 */
async function complete(core: Core, user: User, group: Group): Promise<boolean> {
  const present = new Set((await core.store.memberships.ofGroup(group.id)).map((one) => one.user));
  const entering = { in: true, role: 'member', by: user.id, level: usualLevel('direct') } as const;
  for (const id of group.people ?? [])
    if (!present.has(id) && id !== user.id) await changeMembership(core, group.id, id, { ...entering, hidden: 0 });
  if (!present.has(user.id)) return changeMembership(core, group.id, user.id, entering);
  await prefer(core, group.id, user.id, { hidden: null });
  return false;
}

/** The group under the name that it has for this user: what all pages and answers show. */
export async function withTitle(core: Core, viewer: UserId, group: Group): Promise<Group> {
  if (group.people === null) return group;
  const profiles = await core.directory.profiles(group.people);
  return { ...group, name: directTitle(viewer, [...profiles.values()]) };
}

/** The same of how somebody stands to it. */
export const accessWithTitle = async (core: Core, at: GroupAccess): Promise<GroupAccess> =>
  at.group.people === null ? at : { ...at, group: await withTitle(core, at.user.id, at.group) };

/** Those whom these texts name, each once: an id, a name, or several of them with commas between. Errors: `invalid` (with). */
export async function peopleNamed(core: Core, texts: readonly string[]): Promise<User[]> {
  const found = await Promise.all(texts.filter((text) => text.trim() !== '').map((text) => named(core, text.trim())));
  return [...new Map(found.flat().map((user) => [user.id, user])).values()];
}

/** A name may have a comma in it: the whole text is tried first. */
async function named(core: Core, text: string): Promise<User[]> {
  const whole = await personOf(core, text);
  if (whole) return [whole];
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > MAX_PARTS) throw invalid('with', `Direct messages are between ${MAX_DIRECT} people at most: make a group instead.`);
  const people = parts.filter((part) => part !== '').map(async (part) => (await personOf(core, part)) ?? nobody(part));
  return Promise.all(people);
}

/** An id goes before a name that imitates it. */
const personOf = async (core: Core, text: string): Promise<User | undefined> =>
  (await core.store.users.byId(asUserId(text))) ?? core.store.users.byNameKey(nameKey(text));

function nobody(name: string): never {
  throw invalid('with', `There is no user named ${name.slice(0, 64)}.`);
}
