import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { DomainError } from '../errors.ts';
import { insertDirect, openDirect } from '../groups/direct.ts';
import { directSlug, MAX_DIRECT, parseGroupName, parseTopic } from '../groups/group.ts';
import { changeMembership, moveMark } from '../groups/membership.ts';
import { insertGroup, setArchived } from '../groups/operations.ts';
import type { Group } from '../groups/port.ts';
import type { UserId } from '../ids.ts';
import type { SourceChannel } from './source.ts';
import type { ImportState } from './state.ts';

/** `earlier`: the group that an earlier run made, or direct messages that exist. */
export type ChannelPlan = {
  readonly channel: SourceChannel;
  readonly messages: number;
  readonly status: 'earlier' | 'new';
  readonly name: string;
  readonly group?: Group;
};

const INVISIBLE = /[\p{C}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f]/gu;

/** A text that the rules for a name or topic accept; `otherwise` if nothing is left. */
function fitting(text: string, longest: number, parse: (text: string) => string, otherwise: string): string {
  const clean = [...text.replace(/\s+/g, ' ').replace(INVISIBLE, '').trim()].slice(0, longest).join('').trim();
  try {
    return parse(clean);
  } catch (error) {
    if (error instanceof DomainError) return otherwise;
    throw error;
  }
}

const groupName = (name: string): string => fitting(name.replace(/^#/, ''), 64, parseGroupName, 'Imported channel');

/** Whether it becomes direct messages of Parley. `people`: the accounts of its members, if all have one or will have one. */
export const isDirectFor = ({ kind, members }: SourceChannel): boolean =>
  kind === 'direct' && members.length >= 1 && members.length <= MAX_DIRECT;

/** Decides what becomes of a channel. `users`: the accounts that exist already, by the id of the person. Reads only. */
export async function planChannel(
  core: Core,
  state: ImportState,
  channel: SourceChannel & { readonly messages: number },
  users: ReadonlyMap<string, User>,
): Promise<ChannelPlan> {
  const { messages } = channel;
  const group = await findGroup(core, state, channel, users);
  const name = isDirectFor(channel) ? `direct messages: ${channel.name}` : (group?.name ?? groupName(channel.name));
  return { channel, messages, name, status: group ? 'earlier' : 'new', ...(group ? { group } : {}) };
}

async function findGroup(
  core: Core,
  state: ImportState,
  channel: SourceChannel,
  users: ReadonlyMap<string, User>,
): Promise<Group | undefined> {
  if (!isDirectFor(channel)) {
    const id = await state.group(channel.id);
    return id && core.store.groups.byId(id);
  }
  const people = accountsOf(channel.members, users);
  return people.length === new Set(channel.members).size ? core.store.groups.bySlug(directSlug(people.map(({ id }) => id))) : undefined;
}

const accountsOf = (people: readonly string[], users: ReadonlyMap<string, User>): User[] => [
  ...new Map(people.flatMap((id) => users.get(id) ?? []).map((user) => [user.id, user])).values(),
];

/** The group of a channel, created without members if there is none. Errors: StoreUnavailable. */
export async function openTarget(
  core: Core,
  state: ImportState,
  { channel, group, name }: ChannelPlan,
  users: ReadonlyMap<string, User>,
): Promise<Group> {
  if (group?.kind === 'direct') return group;
  const people = accountsOf(channel.members, users);
  if (!group && isDirectFor(channel) && people.length > 0) return insertDirect(core, people);
  const id = await state.keepGroup(channel.id);
  const made = (await core.store.groups.byId(id)) ?? (await insertGroup(core, name, channel.kind === 'open', id));
  const topic = fitting(channel.topic ?? '', 250, parseTopic, '');
  const isEmpty = (await core.store.log.head(made.id)).seq === 0; // otherwise people may have changed the topic
  if (!isEmpty || topic === made.topic) return made;
  await core.store.groups.update(made.id, { topic });
  return { ...made, topic };
}

/**
 * Lets the people of a channel into its group, after its messages were written: the lines about that have the time of the last message, so that a later
 * export of the same channel can be continued. The messages count as read. `before`: the number of messages before this run. `by`: who adds them.
 * `hasNew`: whether this run wrote messages; a group that got none stays as people have it.
 */
export async function finishTarget(
  core: Core,
  group: Group,
  channel: SourceChannel,
  {
    users,
    by,
    before,
    hasNew,
  }: { readonly users: ReadonlyMap<string, User>; readonly by: UserId; readonly before: number; readonly hasNew: boolean },
): Promise<void> {
  const { n, at } = await core.store.log.head(group.id);
  for (const { user, mark } of await core.store.memberships.ofGroup(group.id)) if (mark >= before) await moveMark(core, group.id, user, n);
  const then = atTime(core, at);
  if (group.kind === 'direct') return finishDirect(then, group, n);
  const moderators = new Set(channel.moderators);
  for (const person of channel.members) {
    const user = users.get(person);
    if (!user || user.disabled || (await core.store.memberships.get(group.id, user.id))) continue; // who left since is not added again
    const role = moderators.has(person) && !user.bot ? 'moderator' : 'member';
    await changeMembership(then, group.id, user.id, { in: true, role, by, mark: n });
  }
  if (channel.archived && !group.archived && (hasNew || n === 0)) await setArchived(then, by, group, true);
}

async function finishDirect(core: Core, group: Group, n: number): Promise<void> {
  const [first, ...others] = await core.store.users.byIds(group.people ?? []);
  if (!first) return;
  await openDirect(core, first, others);
  for (const { id } of [first, ...others]) await moveMark(core, group.id, id, n);
}

/** A core whose entries have this time (ms) instead of the current one. */
export const atTime = (core: Core, at: number): Core => ({
  ...core,
  appender: { ...core.appender, append: (group, draft, ...rest) => core.appender.append(group, { ...draft, at }, ...rest) },
});
