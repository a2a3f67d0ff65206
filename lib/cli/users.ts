import { inviteCode, renewInviteCode } from '../accounts/invite-code.ts';
import { createAccount, createToken, setAdmin, setDisabled, setPassword } from '../accounts/operations.ts';
import { invalid } from '../errors.ts';
import { finishFirstAccount } from '../groups/operations.ts';
import type { Session } from './command.ts';
import { readPassword } from './input.ts';
import { actingFor, everybody, findPerson } from './lookup.ts';
import type { Row } from './out.ts';

/** Makes an account; the first is settled as on the web. */
export async function create({ core, out }: Session, name: string, options: { readonly admin?: true }): Promise<void> {
  const password = await readPassword(name);
  const user = await createAccount(core, { name, password, admin: options.admin === true });
  await finishFirstAccount(core);
  const note = user.admin ? ', an administrator' : '';
  out.say({ id: user.id, name: user.name }, `Made the account ${user.name}${note}.`);
}

export async function list({ core, out }: Session): Promise<void> {
  const rows: Row[] = [];
  for await (const { id, name, admin, disabled, bot, createdAt } of everybody(core))
    if (!bot) rows.push({ id, name, admin, disabled, created_at: new Date(createdAt).toISOString() });
  out.list(rows, 'Nobody has an account yet.');
}

export async function passwd({ core, out }: Session, name: string): Promise<void> {
  const user = await findPerson(core, name);
  await setPassword(core, user, await readPassword(user.name));
  out.say({ id: user.id, name: user.name }, `${user.name} has a new password and is logged out everywhere.`);
}

export async function admin({ core, out }: Session, name: string, on: boolean): Promise<void> {
  const user = await findPerson(core, name);
  await setAdmin(core, user, on);
  out.say({ id: user.id, name: user.name, admin: on }, `${user.name} is ${on ? 'an' : 'no'} administrator now.`);
}

export async function disable({ core, out }: Session, name: string, disabled: boolean): Promise<void> {
  const user = await findPerson(core, name);
  await setDisabled(core, await actingFor(core, user.id), user, disabled);
  out.say({ id: user.id, name: user.name, disabled }, `${user.name} is ${disabled ? 'disabled' : 'enabled'} now.`);
}

/** Prints the token alone, so that `$(…)` can take it. */
export async function token({ core, out }: Session, name: string): Promise<void> {
  const user = await findPerson(core, name);
  if (user.disabled) throw invalid('name', `${user.name} is disabled.`);
  const made = await createToken(core, user);
  out.say({ token: made.token }, made.token);
}

/** Errors: `conflict` unless SIGNUP is `code`. */
export async function invite({ core, out }: Session, isNew: boolean): Promise<void> {
  const code = (isNew ? undefined : await inviteCode(core)) ?? (await renewInviteCode(core));
  out.say({ code }, code);
}
