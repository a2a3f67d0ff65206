import { inviteCode, renewInviteCode } from '../accounts/invite-code.ts';
import { createAccount, setAdmin, setDisabled, setPassword } from '../accounts/operations.ts';
import { factorsOf, removeFactors } from '../accounts/second-factor/operations.ts';
import { createToken } from '../accounts/tokens.ts';
import { resetLink } from '../admin/people.ts';
import { ofUser } from '../audit/act.ts';
import { invalid } from '../errors.ts';
import { finishFirstAccount } from '../groups/operations.ts';
import type { Session } from './command.ts';
import { readPassword } from './input.ts';
import { actingFor, findPerson } from './lookup.ts';

/** Creates an account; the first one also gets what the web sign-up gives it (administrator, Lobby). */
export async function create({ core, out }: Session, name: string, options: { readonly admin?: true }): Promise<void> {
  const password = await readPassword(name);
  const user = await createAccount(core, { name, password, admin: options.admin === true });
  await finishFirstAccount(core);
  await core.audit.record({ act: 'account_created', subject: ofUser(user) });
  const note = user.admin ? ' (administrator)' : '';
  out.write({ id: user.id, name: user.name }, `Created the account ${user.name}${note}.`);
}

export async function passwd({ core, out }: Session, name: string): Promise<void> {
  const user = await findPerson(core, name);
  await setPassword(core, user, await readPassword(user.name));
  out.write({ id: user.id, name: user.name }, `Changed the password of ${user.name} and ended all sessions and API tokens.`);
}

/** Prints only the link, for use in `$(…)`; without PUBLIC_URL its path. */
export async function resetLinkFor({ core, out }: Session, name: string): Promise<void> {
  const user = await findPerson(core, name);
  const { url, hours } = await resetLink(core, user, core.config.publicUrl ?? '');
  out.write({ id: user.id, name: user.name, url, hours }, url);
}

export async function admin({ core, out }: Session, name: string, on: boolean): Promise<void> {
  const user = await findPerson(core, name);
  await setAdmin(core, user, on);
  out.write({ id: user.id, name: user.name, admin: on }, `${user.name} is ${on ? 'now' : 'no longer'} an administrator.`);
}

export async function disable({ core, out }: Session, name: string, disabled: boolean): Promise<void> {
  const user = await findPerson(core, name);
  await setDisabled(core, await actingFor(core, user.id), user, disabled);
  out.write({ id: user.id, name: user.name, disabled }, `${user.name} is now ${disabled ? 'disabled' : 'enabled'}.`);
}

export async function secondFactor({ core, out }: Session, name: string, isOff: boolean): Promise<void> {
  const user = await findPerson(core, name);
  if (isOff) await removeFactors(core, user);
  const { totp, passkeys, codes } = await factorsOf(core, user.id);
  const text = isOff
    ? `${user.name} has no second factor now.`
    : `app: ${totp ? 'yes' : 'no'}, passkeys: ${passkeys.length}, recovery codes: ${codes}`;
  out.write({ id: user.id, name: user.name, app: totp !== undefined, passkeys: passkeys.length, recovery_codes: codes }, text);
}

/** Prints only the token, for use in `$(…)`. */
export async function token({ core, out }: Session, name: string): Promise<void> {
  const user = await findPerson(core, name);
  if (user.disabled) throw invalid('name', `${user.name} is disabled.`);
  const created = await createToken(core, user);
  out.write({ token: created.token }, created.token);
}

/** Errors: `conflict` unless SIGNUP is `code`. */
export async function invite({ core, out }: Session, isNew: boolean): Promise<void> {
  const code = (isNew ? undefined : await inviteCode(core)) ?? (await renewInviteCode(core));
  out.write({ code }, code);
}
