import type { Context } from 'koa';
import { campfireKey } from '../../accounts/campfire-key.ts';
import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { notFound, unauthenticated } from '../../errors.ts';
import { groupAccess } from '../../groups/operations.ts';
import type { Group } from '../../groups/port.ts';
import { type GroupAccess, mayRead } from '../../groups/rules.ts';
import { asUserId } from '../../ids.ts';
import { sameText } from '../../secrets.ts';
import type { Lookups } from '../../store/lookup-cache.ts';

/** A request whose path contains a room and a bot key. */
export type CallContext = Context & { params: Record<string, string | undefined> };

/** `<bot id>-<12 characters>`, matched strictly, so that a malformed key finds no bot. */
const KEY = /^([0-9a-z]{16})-[A-Za-z0-9]{12}$/;

/** The bot of a key. Errors: `unauthenticated`, the same for every invalid or replaced key. */
export async function botOf(core: Core, key: string, lookups: Lookups): Promise<User> {
  const [, id] = KEY.exec(key) ?? [];
  const user = id === undefined ? undefined : await lookups.users.byId(asUserId(id));
  if (!user?.bot || user.disabled || !(sameText(key, campfireKey(core, user)) || (await isEndingKey(core, user, key))))
    throw unauthenticated('This bot key is unknown or was replaced.');
  return user;
}

/** Whether it is the previous key, within the overlap of a rotation. */
async function isEndingKey(core: Core, user: User, key: string): Promise<boolean> {
  if (!sameText(key, campfireKey(core, { ...user, keyVersion: user.keyVersion - 1 }))) return false;
  return (await core.store.tokens.listOf(user.id)).some(({ expiresAt }) => expiresAt !== undefined && expiresAt > core.now());
}

/** The user's access to a room: a group by its number, its slug or a former slug. Errors: `notFound` when it is absent or not readable. */
export async function asMember(core: Core, user: User, room: string, lookups: Lookups): Promise<GroupAccess> {
  const group = await groupOf(core, room, lookups);
  const at = group && (await groupAccess(core, user, group, lookups));
  if (!at || !mayRead(at)) throw notFound();
  return at;
}

/** The group of a room. Unambiguous, since no slug consists of digits only. */
const groupOf = (core: Core, room: string, lookups: Lookups): Promise<Group | undefined> => {
  const number = idIn(room);
  return number === undefined ? lookups.groups.bySlug(room) : core.store.groups.byNumber(number);
};

/** A positive integer in a path; undefined for any other text. */
export const idIn = (text: string): number | undefined => (/^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined);
