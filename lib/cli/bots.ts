import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import {
  type BotSecrets,
  createBot,
  hookSecrets,
  ROTATION_MS,
  requireBot,
  revokeBot,
  rotateBot,
  setHookSecrets,
} from '../bots/operations.ts';
import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { isDirect } from '../groups/rules.ts';
import { everyUser } from '../people/every-user.ts';
import { newHookSecret } from '../webhooks/incoming/secrets.ts';
import type { Session } from './command.ts';
import { readText } from './input.ts';
import { actingFor, findGroup, operator } from './lookup.ts';
import type { Row } from './out.ts';

type CreateOptions = { readonly group: string; readonly secret?: true };

export async function create(session: Session, name: string, options: CreateOptions): Promise<void> {
  const { core } = session;
  const group = await findGroup(core, options.group);
  const secret = options.secret ? newHookSecret(core) : undefined;
  const signed = secret === undefined ? {} : { secrets: [secret] };
  const { user, ...secrets } = await createBot(core, (await operator(core))?.id, { name, group, ...signed });
  printSecrets(session, user, secrets, secret);
}

type SecretOptions = { readonly off?: true; readonly stdin?: true };

/** Adds a new signing secret and keeps the previous one, so that senders have time to change; or sets the given secrets; or removes all. */
export async function secret({ core, out }: Session, name: string, { off, stdin }: SecretOptions): Promise<void> {
  const user = await botNamed(core, name);
  const made = off || stdin ? undefined : newHookSecret(core);
  const given = stdin ? (await readText(10_000)).split('\n').flatMap((line) => line.trim() || []) : [];
  const secrets = made === undefined ? given : [made, ...(await hookSecrets(core, user)).slice(0, 1)];
  if (stdin && given.length === 0) throw invalid('secret', 'Standard input contains no secret.');
  await setHookSecrets(core, user, secrets);
  const { id } = user;
  const text = made
    ? `The webhook of ${user.name} accepts requests signed with ${made}`
    : `The webhook of ${user.name} has ${secrets.length} ${secrets.length === 1 ? 'secret' : 'secrets'}.`;
  out.write({ id, name: user.name, secret: made ?? null, secrets: secrets.length }, text);
}

export async function list({ core, out }: Session): Promise<void> {
  const rows: Row[] = [];
  for await (const user of everyUser(core.store, { bot: true })) {
    const memberships = await core.store.memberships.ofUser(user.id);
    const found = await core.store.groups.byIds(memberships.map(({ group }) => group));
    const groups = found.filter((group) => !isDirect(group));
    rows.push({ id: user.id, name: user.name, groups: groups.map(({ slug }) => slug), disabled: user.disabled });
  }
  out.list(rows, 'There are no bots yet.');
}

export async function rotate(session: Session, name: string, { overlap }: { readonly overlap?: true }): Promise<void> {
  const { core } = session;
  const user = await botNamed(core, name);
  printSecrets(session, user, await rotateBot(core, await actingFor(core, user.id), user, { overlapMs: overlap ? ROTATION_MS : 0 }));
}

export async function revoke({ core, out }: Session, name: string): Promise<void> {
  const user = await botNamed(core, name);
  await revokeBot(core, await actingFor(core, user.id), user);
  out.write({ id: user.id, name: user.name, disabled: true }, `Removed the bot ${user.name}.`);
}

const botNamed = async (core: Core, name: string): Promise<User> => requireBot(await core.store.users.byNameKey(nameKey(name)), name);

function printSecrets({ core, out }: Session, { id, name }: User, { token, campfire, ...made }: BotSecrets, secret?: string): void {
  const hooks = made.hooks.map((one) => ({ ...one, hook: core.config.basePath + one.hook }));
  const hook = core.config.basePath + made.hook;
  const text = [
    `Secrets of ${name}, shown only once:`,
    ...hooks.map((one) => `  webhook   ${one.hook}${hooks.length > 1 ? `   into ${one.group.slug}` : ''}`),
    `  token     ${token}`,
    `  campfire  ${campfire}`,
  ];
  if (secret !== undefined) text.push(`  secret    ${secret}`);
  const all = hooks.length > 1 ? { hooks: hooks.map((one) => ({ group: one.group.slug, hook: one.hook })) } : {};
  out.write({ id, name, hook, ...all, token, campfire, ...(secret === undefined ? {} : { secret }) }, text.join('\n'));
}
