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

/** A request whose path names a room and a key. */
export type CallContext = Context & { params: Record<string, string | undefined> };

/** `<bot id>-<12 characters>`, and nothing like it: a half that is empty or means something else must find nobody. */
const KEY = /^([0-9a-z]{16})-[A-Za-z0-9]{12}$/;

/** Whose key it is. Errors: `unauthenticated`, the same for every key that does not hold (any more). */
export async function botOf(core: Core, key: string, look: Lookups): Promise<User> {
  const [, id] = KEY.exec(key) ?? [];
  const user = id === undefined ? undefined : await look.users.byId(asUserId(id));
  if (!user?.bot || user.disabled || !(sameText(key, campfireKey(core, user)) || (await isEndingKey(core, user, key))))
    throw unauthenticated('This bot key is not known here, or was replaced.');
  return user;
}

/** Whether it is the key before, while what was replaced with it goes on. */
async function isEndingKey(core: Core, user: User, key: string): Promise<boolean> {
  if (!sameText(key, campfireKey(core, { ...user, keyVersion: user.keyVersion - 1 }))) return false;
  return (await core.store.tokens.listOf(user.id)).some(({ expiresAt }) => expiresAt !== undefined && expiresAt > core.now());
}

/** This user in a room, which is a group by its number or its slug, an old one too. Errors: `notFound`, whether absent or not theirs. */
export async function asMember(core: Core, user: User, room: string, look: Lookups): Promise<GroupAccess> {
  const group = await groupOf(core, room, look);
  const at = group && (await groupAccess(core, user, group, look));
  if (!at || !mayRead(at)) throw notFound();
  return at;
}

/** No slug is a number alone. */
const groupOf = (core: Core, room: string, look: Lookups): Promise<Group | undefined> => {
  const number = idIn(room);
  return number === undefined ? look.groups.bySlug(room) : core.store.groups.byNumber(number);
};

/** A positive whole number in a path; undefined for any other text. */
export const idIn = (text: string): number | undefined => (/^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined);
