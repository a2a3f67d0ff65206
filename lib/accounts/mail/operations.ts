import type { Core } from '../../core.ts';
import { DomainError, notFound, tooMany } from '../../errors.ts';
import { asUserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { addressMac, checkAddressRate, parseAddress } from '../../mail/address.ts';
import { findLink } from '../../mail/links.ts';
import type { MailAddress } from '../../mail/port.ts';
import { networkOf } from '../../network.ts';
import { acceptPassword } from '../new-password.ts';
import { createAccount, setPassword } from '../operations.ts';
import type { User } from '../port.ts';
import { checkAccountRate } from '../rates.ts';

/** `a…@example.org`, for lists that others read. */
const masked = (address: string): string => address.replace(/^(.).*@/su, '$1…@');

/** Throws `notFound` on a server without SMTP_URL, which has none of the pages about mail. */
export function requireMail({ mailOutbox }: Core): void {
  if (!mailOutbox.isOn) throw notFound(t`This server sends no mail: SMTP_URL is not set.`);
}

/** Where the person gets mail, opened; undefined without an address, and when no key opens it. */
export async function addressOf(
  { store, secrets }: Core,
  user: User['id'],
): Promise<(MailAddress & { readonly address: string }) | undefined> {
  const record = await store.addresses.ofUser(user);
  const address = record && secrets.open(record.sealed);
  return address === undefined ? undefined : ({ ...record, address } as MailAddress & { readonly address: string });
}

/** Sends a link to an address that a person gives as theirs. Errors: `invalid` (address), `tooMany`. */
export async function requestAddress(core: Core, user: User, text: string): Promise<string> {
  const address = parseAddress(text);
  await checkAccountRate(core, user, 'mails');
  await checkAddressRate(core, address);
  await core.mailOutbox.enqueue({ kind: 'confirm', user: user.id, address });
  return address;
}

/** What a link confirms. Errors: `notFound`. */
export async function addressToConfirm(core: Core, token: string) {
  const { user: id, about, take } = await findLink(core, 'confirm', token);
  const user = id === null ? undefined : await core.store.users.byId(id);
  if (!user || user.disabled || typeof about.address !== 'string')
    throw notFound(t`This link is not valid. It may have expired, or been used.`);
  return { user, address: about.address, take };
}

/** Stores the address of a link in place of a former one, which is told. Errors: `notFound`. */
export async function confirmAddress(core: Core, token: string): Promise<User> {
  const { user, address, take } = await addressToConfirm(core, token);
  const former = await addressOf(core, user.id);
  if (!(await take())) throw notFound(t`This link has been used.`);
  const { digest = false, digestDue = 0, digestUpTo = core.now() } = former ?? {};
  await store(core, user, address, { digest, digestDue, digestUpTo });
  core.securityLog.record({ event: 'address_changed', user: user.id, by: user.id, detail: masked(address) });
  if (former && former.address !== address) await tellFormer(core, user, former.address, `The new one is ${masked(address)}.`);
  return user;
}

const store = (
  core: Core,
  { id: user }: User,
  address: string,
  digest: Pick<MailAddress, 'digest' | 'digestDue' | 'digestUpTo'>,
): Promise<void> =>
  core.store.addresses.put({
    user,
    mac: addressMac(core, address),
    sealed: core.secrets.seal(address),
    confirmedAt: core.now(),
    ...digest,
  });

const tellFormer = (core: Core, { id: user }: User, to: string, detail: string): Promise<void> =>
  core.mailOutbox.enqueue({ kind: 'notice', user, event: 'address_changed', at: core.now(), detail, from: '', to });

/** Removes the address, which is told. */
export async function removeAddress(core: Core, user: User): Promise<void> {
  const former = await addressOf(core, user.id);
  if (!(await core.store.addresses.remove(user.id))) return;
  core.securityLog.record({ event: 'address_changed', user: user.id, detail: 'removed' });
  if (former) await tellFormer(core, user, former.address, 'It was removed.');
}

/** By an IPv4 address or the /64 of an IPv6 address. */
const RESETS = { perSecond: 1 / 60, burst: 10 };

/**
 * Queues a link for a new password to the accounts with this address. Whether there are any is looked up when it is sent, so that neither the
 * response nor its time tells. Errors: `invalid` (address), `tooMany`.
 */
export async function requestReset(core: Core, text: string, from: string): Promise<void> {
  const address = parseAddress(text);
  const waitMs = await core.rateLimiter.takeShared(`reset:${networkOf(from)}`, RESETS.perSecond, RESETS.burst);
  if (waitMs > 0) throw tooMany(t`Too many requests from this address. Try again in a minute.`, waitMs);
  await checkAddressRate(core, address);
  await core.mailOutbox.enqueue({ kind: 'reset', address });
}

/** Whose password a link is for. Errors: `notFound`. */
export async function personToReset(core: Core, token: string): Promise<User> {
  const { user: id, about } = await findLink(core, 'reset', token);
  const user = id === null ? undefined : await core.store.users.byId(id);
  if (!user || user.disabled || (user.passwordHash === null && about.first !== true))
    throw notFound(t`This link is not valid. It may have expired, or been used.`);
  return user;
}

/** Sets a new password, and ends all sessions, API tokens and other such links. Errors: `notFound`, `invalid` (password). */
export async function resetPassword(core: Core, token: string, password: string): Promise<User> {
  const user = await personToReset(core, token);
  await acceptPassword(core, user.name, password);
  const { take } = await findLink(core, 'reset', token);
  if (!(await take())) throw notFound(t`This link has been used.`);
  await core.store.links.removeOf(user.id, 'reset');
  await setPassword(core, user, password);
  return user;
}

/** Queues an invitation to this server, by an administrator. Errors: `invalid` (address), `tooMany`. */
export async function invite(core: Core, by: User, text: string): Promise<string> {
  const address = parseAddress(text);
  await checkAddressRate(core, address);
  await core.mailOutbox.enqueue({ kind: 'invite', by: by.id, address });
  core.securityLog.record({ event: 'invitation_sent', detail: masked(address) });
  return address;
}

/** The address of an invitation. Errors: `notFound`, also when the administrator who sent it is one no more. */
export async function invitedAddress(core: Core, token: string) {
  const link = await findLink(core, 'invite', token);
  const by = await core.store.users.byId(asUserId(String(link.about.by)));
  if (!by?.admin || by.disabled || typeof link.about.address !== 'string') throw notFound(t`This invitation is no longer valid.`);
  return { ...link, address: link.about.address, by };
}

/** Creates the account of an invitation, whatever SIGNUP says, with its address. Errors: `notFound`, `invalid` (name, password), `conflict` (name). */
export async function acceptInvitation(
  core: Core,
  token: string,
  input: { readonly name: string; readonly password: string },
): Promise<User> {
  const { address, take, putBack } = await invitedAddress(core, token);
  if (!(await take())) throw notFound(t`This invitation has been used.`);
  try {
    const user = await createAccount(core, input);
    await store(core, user, address, { digest: false, digestDue: 0, digestUpTo: core.now() });
    return user;
  } catch (error) {
    if (error instanceof DomainError) await putBack();
    throw error;
  }
}
