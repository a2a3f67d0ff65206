import { skeletonOf } from '../accounts/lookalikes.ts';
import { checkNewName } from '../accounts/new-name.ts';
import type { Status, User, UserPatch } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import type { Core } from '../core.ts';
import { conflict, DomainError, invalid } from '../errors.ts';
import type { FileId } from '../ids.ts';
import { t } from '../language/text.ts';
import { parseDisplayName, parseStatus, withoutJoiners } from './profile.ts';

/**
 * Sets the name that others see; an empty text removes it. It need not be unique, but must not be reserved or look like the log-in name of somebody else.
 * Errors: `invalid`, `conflict` (display_name), `tooMany`.
 */
export async function setDisplayName(core: Core, user: User, text: string): Promise<void> {
  await checkAccountRate(core, user, 'profile');
  const name = parseDisplayName(text);
  if (name !== null) await checkDisplayName(core, user, name);
  await change(core, user, { displayName: name === user.name ? null : name });
}

async function checkDisplayName(core: Core, user: User, name: string): Promise<void> {
  const looks = withoutJoiners(name);
  const other = await core.store.users.bySkeleton(skeletonOf(looks));
  if (other && other.id !== user.id)
    throw conflict(t`The display name ${name} looks like ${other.name}, which is somebody else's name. Choose another.`, 'display_name');
  if (other) return; // one's own log-in name, whatever it is
  try {
    checkNewName(looks);
  } catch (error) {
    throw error instanceof DomainError ? invalid('display_name', error.message) : error;
  }
}

/** Sets the status; without emoji and text it is removed. `until`: ms. Errors: `invalid` (emoji, text, until), `tooMany`. */
export async function setStatus(core: Core, user: User, given: { emoji: string; text: string; until: number | null }): Promise<void> {
  await checkAccountRate(core, user, 'profile');
  const status: Status | null = parseStatus(given, core.now());
  await change(core, user, { status });
}

/** Replaces the picture; null removes it. The file of the old one is removed. The caller counts it towards the limit. */
export async function setPicture(core: Core, user: User, avatar: FileId | null): Promise<void> {
  await change(core, user, { avatar });
  if (user.avatar === undefined) return;
  await core.store.files
    .remove(user.avatar)
    .catch((error) => core.logger.warn({ err: error, file: user.avatar }, 'the file of a replaced picture was not removed'));
}

async function change(core: Core, user: User, patch: UserPatch): Promise<void> {
  await core.store.users.update(user.id, patch);
  await announceProfile(core, user);
}

/** Lets every process read the profile again, and pages the lists of members. */
export async function announceProfile(core: Core, { id }: Pick<User, 'id'>): Promise<void> {
  core.directory.forget(id);
  for (const { group } of await core.store.memberships.ofUser(id)) core.bus.publish({ type: 'presence', group });
}
