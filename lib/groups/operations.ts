import { FIRST_ACCOUNT } from '../accounts/operations.ts';
import type { Core } from '../core.ts';
import { conflict, forbidden, invalid, notFound, tooMany } from '../errors.ts';
import { TYPING_MS } from '../events.ts';
import { asUserId, type GroupId, newGroupId, newUid, randomId, type UserId } from '../ids.ts';
import type { Draft } from '../messages/entry.ts';
import type { Group, GroupPatch, User } from '../store/port.ts';
import type { Lookups } from '../store/recent.ts';
import { normaliseCode, parseGroupName, parseTopic, slugOf } from './group.ts';
import { changeMembership } from './membership.ts';
import type { Standing } from './rules.ts';
import * as rules from './rules.ts';

const TRIES = 10;

/** How a user stands to a group. */
export async function standing(core: Core, user: User, group: Group, look: Lookups = core.store): Promise<Standing> {
  return { user, group, membership: await look.memberships.get(group.id, user.id) };
}

/** A group this user may read, by slug. Errors: `notFound`, the same whether it is forbidden or absent. */
export async function openGroup(core: Core, user: User, slug: string, look: Lookups = core.store): Promise<Standing> {
  const found = await findGroup(core, user, slug, look);
  if (!rules.mayRead(found)) throw notFound();
  return found;
}

/** A group this user may manage. Errors: `notFound` for who may not even read it, `forbidden` for a plain member. */
export async function openManagedGroup(core: Core, user: User, slug: string): Promise<Standing> {
  const found = await findGroup(core, user, slug);
  if (rules.mayManage(found)) return found;
  throw rules.mayRead(found) ? forbidden('Only moderators of this group and administrators may do that.') : notFound();
}

async function findGroup(core: Core, user: User, slug: string, look: Lookups = core.store): Promise<Standing> {
  const group = await look.groups.bySlug(slug);
  if (!group) throw notFound();
  return standing(core, user, group, look);
}

/** Errors: `invalid` (name), `forbidden`. The creator is its first moderator. */
export async function createGroup(core: Core, creator: User, input: { readonly name: string; readonly open?: boolean }): Promise<Group> {
  if (!rules.mayCreate(creator)) throw forbidden('Bots cannot create groups.');
  const group = await insertGroup(core, parseGroupName(input.name), input.open ?? false);
  await changeMembership(core, group.id, creator.id, { in: true, role: 'moderator', by: creator.id });
  return group;
}

/** A group without members (the CLI adds them). Errors: `invalid` (name). */
export async function insertGroup(core: Core, name: string, open: boolean): Promise<Group> {
  const wanted = await slugOf(parseGroupName(name));
  const id = newGroupId(core.random);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const slug = wanted === '' ? `g-${randomId(core.random, 6)}` : attempt === 0 ? wanted : `${wanted}-${randomId(core.random, 4)}`;
    const made = await insertAt(core, id, slug, name, open);
    if (typeof made === 'object') return wanted === '' ? useNumberAsSlug(core, made) : made;
  }
  throw conflict('No free address could be found for this name. Choose another.', 'name');
}

/** With this very slug, or the word for what is taken. */
function insertAt(core: Core, id: GroupId, slug: string, name: string, open: boolean): Promise<Group | 'slug' | 'code'> {
  return core.store.groups.insert({ id, slug, name, topic: '', open, archived: false, ...newCode(core), createdAt: core.now() });
}

/** Names that no Latin letter can say get `g-<number>`. */
async function useNumberAsSlug(core: Core, group: Group): Promise<Group> {
  const slug = `g-${group.number}`;
  return (await core.store.groups.update(group.id, { slug })) === 'done' ? { ...group, slug } : group;
}

function newCode(core: Core): Pick<Group, 'codeMac' | 'codeSealed'> {
  const code = randomId(core.random, 12).replace(/(.{4})(?=.)/g, '$1-');
  return { codeMac: codeMac(core, code), codeSealed: core.secrets.seal(code) };
}

const codeMac = (core: Core, code: string): string => core.secrets.mac('join-code', normaliseCode(code));

/** The join code in the clear, for those who manage the group. */
export const joinCode = (core: Core, group: Group): string =>
  core.secrets.open(group.codeSealed) ?? '(sealed with a key that is gone: make a new code)';

/** Errors: `invalid` (code), `forbidden` (a bot), `tooMany` (guessing). */
export async function joinByCode(core: Core, user: User, code: string): Promise<Group> {
  const waitMs = core.limits.take(`join:${user.id}`, 1 / 3, 20);
  if (waitMs > 0) throw tooMany('Too many codes tried. Wait a minute.', waitMs);
  const group = normaliseCode(code) === '' ? undefined : await core.store.groups.byCodeMac(codeMac(core, code));
  if (!group || group.archived) throw invalid('code', 'No group has this code. It may have been replaced: ask for the new one.');
  return join(core, user, group);
}

/** Errors: `notFound` unless the group is open. */
export async function joinOpenGroup(core: Core, user: User, slug: string): Promise<Group> {
  const found = await findGroup(core, user, slug);
  if (!rules.isMember(found) && !rules.mayJoinFreely(found)) throw notFound();
  return join(core, user, found.group);
}

async function join(core: Core, user: User, group: Group): Promise<Group> {
  if (user.bot || user.disabled) throw forbidden('Bots are added by a moderator.');
  const present = await core.store.memberships.get(group.id, user.id);
  if (!present?.in) await changeMembership(core, group.id, user.id, { in: true, role: 'member', by: user.id });
  return group;
}

/** Errors: `conflict` for the last moderator while others stay. */
export async function leaveGroup(core: Core, { user, group }: Standing): Promise<void> {
  await refuseLastModerator(core, group, user.id);
  await changeMembership(core, group.id, user.id, { in: false, role: 'member', by: user.id });
}

/** Adds a person or bot; one who is already in keeps the role. Resolves to whether that changed anything. */
export async function addMember(
  core: Core,
  by: UserId,
  group: Group,
  user: User,
  role: 'member' | 'moderator' = 'member',
): Promise<boolean> {
  if (user.disabled) throw invalid('name', `${user.name} is disabled.`);
  if ((await core.store.memberships.get(group.id, user.id))?.in) return false;
  return changeMembership(core, group.id, user.id, { in: true, role, by });
}

/** Resolves to whether the user was in. Streams of that member close with the `leave` line. */
export const removeMember = (core: Core, by: UserId, group: Group, user: User): Promise<boolean> =>
  changeMembership(core, group.id, user.id, { in: false, role: 'member', by });

/** Errors: `notFound` for one who is not in, `conflict` for the last moderator, `forbidden` for a bot. */
export async function setRole(core: Core, by: UserId, group: Group, user: User, role: 'member' | 'moderator'): Promise<void> {
  if (!(await core.store.memberships.get(group.id, user.id))?.in) throw notFound(`${user.name} is not in this group.`);
  if (role === 'moderator' && user.bot) throw forbidden('A bot cannot be a moderator.');
  if (role === 'member') await refuseLastModerator(core, group, user.id);
  await changeMembership(core, group.id, user.id, { in: true, role, by });
}

async function refuseLastModerator(core: Core, group: Group, leaving: UserId): Promise<void> {
  const members = await core.store.memberships.ofGroup(group.id);
  const isModerator = members.some((m) => m.user === leaving && m.role === 'moderator');
  const others = members.filter((m) => m.user !== leaving);
  if (isModerator && others.length > 0 && !others.some((m) => m.role === 'moderator'))
    throw conflict('You are the last moderator here. Make somebody else one first.');
}

/** A new name, and a slug to match; the old slug keeps leading here. Errors: `invalid` (name). */
export async function renameGroup(core: Core, by: UserId, group: Group, name: string): Promise<Group> {
  const parsed = parseGroupName(name);
  if (parsed === group.name) return group;
  const wanted = await slugOf(parsed);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const slug = wanted === '' ? group.slug : attempt === 0 ? wanted : `${wanted}-${randomId(core.random, 4)}`;
    const done = await core.store.groups.update(group.id, { name: parsed, slug });
    if (done !== 'done') continue;
    await writeLine(core, group, { kind: 'rename', author: by, uid: newUid(core.random), name: parsed, slug });
    return { ...group, name: parsed, slug };
  }
  throw conflict('No free address could be found for this name. Choose another.', 'name');
}

/** Errors: `invalid` (topic). */
export async function setTopic(core: Core, by: UserId, group: Group, topic: string): Promise<void> {
  const parsed = parseTopic(topic);
  if (parsed === group.topic) return;
  await update(core, group, { topic: parsed });
  await writeLine(core, group, { kind: 'topic', author: by, uid: newUid(core.random), topic: parsed });
}

/** An archived group is read-only; its streams stay. */
export async function setArchived(core: Core, by: UserId, group: Group, archived: boolean): Promise<void> {
  if (archived === group.archived) return;
  await update(core, group, { archived });
  await writeLine(core, group, { kind: 'archive', author: by, uid: newUid(core.random), on: archived });
}

export const setOpen = (core: Core, group: Group, open: boolean): Promise<void> => update(core, group, { open });

/** Replaces the join code; the old one is dead at once. Resolves to the new one. */
export async function replaceCode(core: Core, group: Group): Promise<string> {
  const code = newCode(core);
  await update(core, group, code);
  return joinCode(core, { ...group, ...code });
}

async function update(core: Core, group: Group, patch: GroupPatch): Promise<void> {
  if ((await core.store.groups.update(group.id, patch)) !== 'done') throw notFound();
}

async function writeLine(core: Core, group: Group, line: Draft): Promise<void> {
  await core.appender.append(group.id, line);
}

/** Finishes what the first account is promised, however often it is called: administrator, and member of the open group Lobby. */
export async function settleFirstAccount(core: Core): Promise<void> {
  const { settings, users } = core.store;
  const first = await settings.get(FIRST_ACCOUNT);
  if (first === undefined || (await settings.get('first-settled')) !== undefined) return;
  const user = await users.byId(asUserId(first));
  if (!user) return;
  await users.update(user.id, { admin: true });
  await insertAt(core, newGroupId(core.random), 'lobby', 'Lobby', true); // refused when another call was first
  const lobby = await core.store.groups.bySlug('lobby');
  if (lobby) await addMember(core, user.id, lobby, user, 'moderator');
  await settings.putIfAbsent('first-settled', 'yes');
}

/** Tells the group's open pages that this member is writing; at most every second, and only where they may. */
export function sayTyping(core: Core, at: Standing): void {
  const { group, user } = at;
  if (!rules.mayPost(at) || core.limits.take(`typing:${group.id}:${user.id}`, 1, 2) > 0) return;
  core.bus.publish({ type: 'typing', group: group.id, user: user.id, until: core.now() + TYPING_MS });
}
