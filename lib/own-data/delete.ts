import { skeletonOf } from '../accounts/lookalikes.ts';
import { setAdmin, setDisabled } from '../accounts/operations.ts';
import type { User } from '../accounts/port.ts';
import { ofUser } from '../audit/act.ts';
import type { Core } from '../core.ts';
import { groupsOf } from '../export/scope.ts';
import { removeMember } from '../groups/operations.ts';
import { isDirect } from '../groups/rules.ts';
import { isErased } from '../log/fold.ts';
import { runOutsideRequest } from '../request-scope.ts';
import { eraseOne } from '../retention/erase-one.ts';
import { isHeld } from '../retention/rules.ts';

/** The name under which the messages of deleted accounts are shown. */
export const FORMER_MEMBER = 'Former member';

/**
 * Deletes an account: it cannot log in, is in no group, and nothing of it is left but its id, and its messages under FORMER_MEMBER; with `erase` the
 * messages are erased for good before. When that fails half-way, the account stays, and can be deleted again. The name is free again.
 * Errors: `forbidden` for the last administrator, `unavailable`.
 */
export async function deleteAccount(core: Core, user: User, messages: 'keep' | 'erase'): Promise<void> {
  if (user.admin) await setAdmin(core, user, false);
  if (messages === 'erase') await runOutsideRequest(() => eraseAll(core, user)); // longer than a request may wait for the store
  await core.audit.record({
    act: 'account_deleted',
    subject: ofUser(user),
    detail: messages === 'erase' ? 'messages erased' : 'messages kept',
  });
  await setDisabled(core, user.id, user, true);
  await leaveAll(core, user);
  await removeTraces(core, user);
  const name = `former-${user.id}`;
  await core.store.users.update(user.id, {
    ...{ name, nameKey: name, skeleton: skeletonOf(name), passwordHash: null },
    ...{ displayName: FORMER_MEMBER, status: null, avatar: null, preferences: null },
  });
  core.directory.forget(user.id);
}

/** Messages, and what the person typed into the forms of bots. In groups on legal hold they stay. */
async function eraseAll(core: Core, user: User): Promise<void> {
  for await (const { group, lines } of groupsOf(core, { user }))
    for await (const line of lines) {
      if (line.type !== 'message') {
        if (!isHeld(group, core.config)) await core.store.log.scrubActs(group.id, [line.entry.seq]); // a command
        continue;
      }
      const { message } = line.folded;
      if (message.author === user.id && !isErased(line.folded)) await eraseOne(core, group.id, message.seq, user.id);
      const acts = line.followUps.flatMap(({ kind, author, seq }) => (kind === 'act' && author === user.id ? [seq] : []));
      if (acts.length > 0 && !isHeld(group, core.config)) await core.store.log.scrubActs(group.id, acts);
    }
}

async function leaveAll(core: Core, user: User): Promise<void> {
  const memberships = await core.store.memberships.ofUser(user.id);
  for (const group of await core.store.groups.byIds(memberships.map((one) => one.group)))
    if (!isDirect(group)) await removeMember(core, user.id, group, user, true);
}

/** What only its owner needed. */
async function removeTraces({ store }: Core, { id, avatar }: User): Promise<void> {
  for (const { hash } of await store.tokens.listOf(id)) await store.tokens.remove(hash);
  for (const kind of ['totp', 'passkey', 'recovery', 'identity'] as const) await store.credentials.removeAll(id, kind);
  await store.addresses.remove(id);
  await store.links.removeOf(id, 'reset');
  await store.links.removeOf(id, 'confirm');
  for (const { group, seq } of await store.saved.list(id, { limit: 1000 })) await store.saved.remove(id, group, seq);
  await store.follows.removeOf(id);
  await store.ephemerals.removeOf(id);
  await store.scheduled.removeOf(id);
  if (avatar !== undefined) await store.files.remove(avatar);
}
