import type { Core } from '../../core.ts';
import { notFound } from '../../errors.ts';
import type { UserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import type { User } from '../port.ts';
import { revoke } from '../revoke.ts';
import type { OAuthGrant } from './port.ts';

/** The programs that one person may have connected. */
export const MAX_GRANTS = 100;

/** A connected program in the settings of its owner. Times in ms. */
export type Program = { readonly id: string; readonly name: string; readonly createdAt: number; readonly lastUsedAt: number | null };

const isConnected = (grant: OAuthGrant, now: number): boolean => grant.redeemed && now < grant.expiresAt;

/** The programs that a person has connected, oldest first. */
export async function listPrograms({ store, now }: Pick<Core, 'store' | 'now'>, user: UserId): Promise<Program[]> {
  const grants = (await store.oauthGrants.ofUser(user)).filter((grant) => isConnected(grant, now()));
  return grants.map(({ id, clientName: name, createdAt, lastUsedAt }) => ({ id, name, createdAt, lastUsedAt }));
}

/** Why a connection ends that nobody has asked to end. */
export type Misuse = 'code used twice' | 'refresh token used twice';

/** Removes a grant with its code and tokens, and closes their streams. `by`: who requested it. Resolves to whether it was there. */
export async function endGrant(core: Core, by: UserId, grant: OAuthGrant, misuse?: Misuse): Promise<boolean> {
  if (!(await core.store.oauthGrants.remove(grant.id))) return false;
  await revoke(core, by, { member: grant.user, scope: 'token', ref: grant.id });
  const detail = misuse === undefined ? grant.clientName : `${grant.clientName}, ${misuse}`;
  core.securityLog.record({ event: 'program_disconnected', user: grant.user, detail });
  return true;
}

/** Disconnects one program of this user. Errors: `notFound`. */
export async function disconnectProgram(core: Core, { id: user }: User, grant: string): Promise<void> {
  const found = await core.store.oauthGrants.byId(grant);
  if (found?.user !== user || !(await endGrant(core, user, found))) throw notFound(t`There is no such program.`);
}

/** Disconnects all programs of a person. `by`: who requested it. Resolves to their number. */
export async function endGrants(core: Core, by: UserId, user: UserId): Promise<number> {
  let ended = 0;
  for (const grant of await core.store.oauthGrants.ofUser(user)) if (await endGrant(core, by, grant)) ended += 1;
  return ended;
}
