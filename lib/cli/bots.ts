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
import { newHookSecret } from '../webhooks/incoming/secrets.ts';
import type { Session } from './command.ts';
import { readText } from './input.ts';
import { actingFor, everybody, findGroup, operator } from './lookup.ts';
import type { Out, Row } from './out.ts';

type CreateOptions = { readonly group: string; readonly secret?: true };

export async function create({ core, out }: Session, name: string, options: CreateOptions): Promise<void> {
  const group = await findGroup(core, options.group);
  const secret = options.secret ? newHookSecret(core) : undefined;
  const signed = secret === undefined ? {} : { secrets: [secret] };
  const { user, ...secrets } = await createBot(core, (await operator(core))?.id, { name, group, ...signed });
  tell(out, user, secrets, secret);
}

type SecretOptions = { readonly off?: true; readonly stdin?: true };

/** A new secret beside the one before, so that those who sign have time to change; or those given; or none. */
export async function secret({ core, out }: Session, name: string, { off, stdin }: SecretOptions): Promise<void> {
  const user = await botNamed(core, name);
  const made = off || stdin ? undefined : newHookSecret(core);
  const given = stdin ? (await readText(10_000)).split('\n').flatMap((line) => line.trim() || []) : [];
  const secrets = made === undefined ? given : [made, ...(await hookSecrets(core, user)).slice(0, 1)];
  if (stdin && given.length === 0) throw invalid('secret', 'No secret came on standard input.');
  await setHookSecrets(core, user, secrets);
  const { id } = user;
  const text = made
    ? `The webhook of ${user.name} takes what is signed with ${made}`
    : `The webhook of ${user.name} has ${secrets.length} secrets.`;
  out.say({ id, name: user.name, secret: made ?? null, secrets: secrets.length }, text);
}

export async function list({ core, out }: Session): Promise<void> {
  const rows: Row[] = [];
  for await (const user of everybody(core)) {
    if (!user.bot) continue;
    const memberships = await core.store.memberships.ofUser(user.id);
    const found = await core.store.groups.byIds(memberships.map(({ group }) => group));
    const groups = found.filter((group) => !isDirect(group));
    rows.push({ id: user.id, name: user.name, groups: groups.map(({ slug }) => slug), disabled: user.disabled });
  }
  out.list(rows, 'There is no bot yet.');
}

export async function rotate({ core, out }: Session, name: string, { overlap }: { readonly overlap?: true }): Promise<void> {
  const user = await botNamed(core, name);
  tell(out, user, await rotateBot(core, await actingFor(core, user.id), user, { overlapMs: overlap ? ROTATION_MS : 0 }));
}

export async function revoke({ core, out }: Session, name: string): Promise<void> {
  const user = await botNamed(core, name);
  await revokeBot(core, await actingFor(core, user.id), user);
  out.say({ id: user.id, name: user.name, disabled: true }, `${user.name} is ended.`);
}

const botNamed = async (core: Core, name: string): Promise<User> => requireBot(await core.store.users.byNameKey(nameKey(name)), name);

function tell(out: Out, { id, name }: User, { hook, hooks, token, campfire }: BotSecrets, secret?: string): void {
  const text = [
    `Of ${name}, shown this once:`,
    ...hooks.map((one) => `  webhook   ${one.hook}${hooks.length > 1 ? `   into ${one.group.slug}` : ''}`),
    `  token     ${token}`,
    `  campfire  ${campfire}`,
  ];
  if (secret !== undefined) text.push(`  secret    ${secret}`);
  const all = hooks.length > 1 ? { hooks: hooks.map((one) => ({ group: one.group.slug, hook: one.hook })) } : {};
  out.say({ id, name, hook, ...all, token, campfire, ...(secret === undefined ? {} : { secret }) }, text.join('\n'));
}
