import type { Core } from '../../core.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import type { GroupId, UserId } from '../../ids.ts';
import { EVERYBODY } from '../../markup/mentions.ts';

/** Members whom a reply notifies because they follow its thread, at most. */
const MAX_NOTIFIED = 50;

/** The members who follow a thread and are in its group, 50 at most; none without a thread. Errors: StoreUnavailable. */
export async function followersOf(core: Pick<Core, 'store'>, group: GroupId, thread: number | undefined): Promise<readonly UserId[]> {
  if (thread === undefined) return [];
  const followers = await core.store.follows.followers(group, thread, MAX_NOTIFIED);
  if (followers.length === 0) return [];
  const members = new Set((await core.store.memberships.ofGroup(group)).map(({ user }) => user));
  return followers.filter((user) => members.has(user));
}

/**
 * Before a reply is written: its author follows the thread from now on, and so do the people whom it names, unless they have left the thread. Bots follow
 * none: they are called when somebody names or answers them. Errors: StoreUnavailable.
 */
export async function takePart(core: Core, { group, user }: GroupAccess, root: number, named: readonly UserId[]): Promise<void> {
  const { follows } = core.store;
  const thread = { group: group.id, root, at: core.now() };
  const profiles = await core.directory.profiles([user.id, ...named.filter((id) => id !== EVERYBODY.id)]);
  const people = [...profiles.values()].flatMap(({ id, bot }) => (bot ? [] : [id]));
  await Promise.all(
    people.map((id) => (id === user.id ? follows.set({ ...thread, user: id, follows: true }) : follows.begin({ ...thread, user: id }))),
  );
}

/** Follows a thread (`on`), or leaves it, until the user replies in it again. Idempotent. Errors: StoreUnavailable. */
export const follow = (core: Core, { group, user }: GroupAccess, root: number, on: boolean): Promise<void> =>
  core.store.follows.set({ user: user.id, group: group.id, root, follows: on, at: core.now() });

/** Notes that a user has read a thread which they follow up to a seq, or to the end of the log. Resolves to the seq. Errors: StoreUnavailable. */
export async function markThreadRead(
  core: Core,
  { group, user }: GroupAccess,
  root: number,
  upTo?: number,
): Promise<{ readonly seq: number }> {
  const { seq: end } = await core.store.log.head(group.id);
  const seq = Math.min(upTo ?? end, end);
  await core.store.follows.markRead(user.id, group.id, root, seq);
  return { seq };
}
