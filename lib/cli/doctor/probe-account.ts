import { createAccount } from '../../accounts/operations.ts';
import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { DomainError } from '../../errors.ts';
import { addMember, insertGroup, setTopic } from '../../groups/operations.ts';
import type { Group } from '../../groups/port.ts';
import { asGroupId, asUserId, randomId } from '../../ids.ts';

/** The account that posts probes, and the group in which it is the only member. */
export type ProbeAccount = { readonly user: User; readonly group: Group };

const NAME = 'Parley doctor';
const TOPIC = "Test messages of 'parley doctor --live'.";
// Their ids are stored, because another user may have the name.
const USER_SETTING = 'doctor-user';
const GROUP_SETTING = 'doctor-group';

/** Finds or creates them. The account is a bot, so nobody can log in to it and it does not count as the first account. */
export async function openProbeAccount(core: Core): Promise<ProbeAccount> {
  const user = await doctorOf(core);
  const group = await groupFor(core);
  await addMember(core, user.id, group, user);
  if (group.topic === '') await setTopic(core, user.id, group, TOPIC);
  return { user, group };
}

/** Whether this is the doctor's account. */
export const isDoctor = async (core: Core, user: User): Promise<boolean> => (await core.store.settings.get(USER_SETTING)) === user.id;

async function doctorOf(core: Core): Promise<User> {
  const known = await core.store.settings.get(USER_SETTING);
  const earlier = known === undefined ? undefined : await core.store.users.byId(asUserId(known));
  if (earlier) return earlier;
  const user = await makeNamed(core, NAME);
  await core.store.settings.putIfAbsent(USER_SETTING, user.id);
  return user;
}

async function makeNamed(core: Core, name: string): Promise<User> {
  try {
    return await createAccount(core, { name, password: null, bot: true });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'conflict') throw error;
    return makeNamed(core, `${NAME} ${randomId(core.random, 4)}`);
  }
}

async function groupFor(core: Core): Promise<Group> {
  const known = await core.store.settings.get(GROUP_SETTING);
  const earlier = known === undefined ? undefined : await core.store.groups.byId(asGroupId(known));
  if (earlier) return earlier;
  const group = await insertGroup(core, NAME, false);
  await core.store.settings.putIfAbsent(GROUP_SETTING, group.id);
  return group;
}
