import { bots, type DemoGroup, type DemoMember, people } from '../../../fixtures/demo.ts';
import { nameKey } from '../../accounts/account.ts';
import { createAccount } from '../../accounts/operations.ts';
import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { conflict } from '../../errors.ts';
import { addMember, insertGroup, setTopic } from '../../groups/operations.ts';
import type { Group } from '../../groups/port.ts';
import { asGroupId, asUserId } from '../../ids.ts';

/** The demo's people and bots. `made`: how many of them this run created. */
export type DemoAccounts = { readonly made: number; named(name: string): User };

// The ids of what the demo created are stored, so that other accounts and groups with the same names are never taken for it.
const userSetting = (name: string): string => `demo-user:${nameKey(name)}`;
const groupSetting = (name: string): string => `demo-group:${name}`;

/** Whether the demo created this account. */
export const isOfDemo = async (core: Core, user: User): Promise<boolean> =>
  (await core.store.settings.get(userSetting(user.name))) === user.id;

/** Finds or creates all accounts, with the same password. Errors: `conflict` if another account has one of the names. */
export async function createDemoAccounts(core: Core, password: string): Promise<DemoAccounts> {
  const known = new Map<string, User>();
  const sharing = hashingOnce(core);
  let made = 0;
  for (const member of [...people, ...bots]) {
    const earlier = await madeEarlier(core, member);
    if (!earlier) made += 1;
    known.set(member.name, earlier ?? (await make(sharing, member, password)));
  }
  const named = (name: string): User => {
    const user = known.get(name);
    if (!user) throw new Error(`The demo has no user named ${name}`);
    return user;
  };
  return { made, named };
}

async function madeEarlier(core: Core, { name }: DemoMember): Promise<User | undefined> {
  const id = await core.store.settings.get(userSetting(name));
  return id === undefined ? undefined : core.store.users.byId(asUserId(id));
}

async function make(core: Core, { name, bot = false }: DemoMember, password: string): Promise<User> {
  if (await core.store.users.byNameKey(nameKey(name)))
    throw conflict(`The name ${name} is taken by another account, so the demo cannot be added.`);
  const user = await createAccount(core, { name, password: bot ? null : password, bot });
  await core.store.settings.putIfAbsent(userSetting(name), user.id);
  return user;
}

/** Hashes the shared password only once: six hashes would take more than 1 s. */
function hashingOnce(core: Core): Core {
  let hash: Promise<string> | undefined;
  const once = (password: string): Promise<string> => {
    hash ??= core.passwords.hash(password, 'known');
    return hash;
  };
  return { ...core, passwords: { ...core.passwords, hash: once } };
}

/** Finds or creates a group of the demo and adds its members. */
export async function createDemoGroup(core: Core, accounts: DemoAccounts, demo: DemoGroup): Promise<Group> {
  const id = await core.store.settings.get(groupSetting(demo.name));
  const group = (id === undefined ? undefined : await core.store.groups.byId(asGroupId(id))) ?? (await makeGroup(core, accounts, demo));
  const [first, ...others] = demo.members.map((name) => accounts.named(name));
  if (!first) return group;
  await addMember(core, first.id, group, first, 'moderator');
  for (const user of others) await addMember(core, first.id, group, user);
  return group;
}

async function makeGroup(core: Core, accounts: DemoAccounts, { name, open, topic, members }: DemoGroup): Promise<Group> {
  const group = await insertGroup(core, name, open);
  await core.store.settings.putIfAbsent(groupSetting(name), group.id);
  await setTopic(core, accounts.named(members[0] ?? '').id, group, topic);
  return group;
}
