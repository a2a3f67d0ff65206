import { nameKey } from '../accounts/account.ts';
import { type BotSecrets, createBot, requireBot, revokeBot, rotateBot } from '../bots/operations.ts';
import type { Core } from '../core.ts';
import type { User } from '../store/port.ts';
import type { Session } from './command.ts';
import { actingFor, everybody, groupNamed, operator } from './named.ts';
import type { Out, Row } from './out.ts';

export async function create({ core, out }: Session, name: string, slug: string): Promise<void> {
  const group = await groupNamed(core, slug);
  const { user, ...secrets } = await createBot(core, (await operator(core))?.id, { name, group });
  tell(out, user, secrets);
}

export async function list({ core, out }: Session): Promise<void> {
  const rows: Row[] = [];
  for await (const user of everybody(core)) {
    if (!user.bot) continue;
    const memberships = await core.store.memberships.ofUser(user.id);
    const groups = await core.store.groups.byIds(memberships.map(({ group }) => group));
    rows.push({ id: user.id, name: user.name, groups: groups.map(({ slug }) => slug), disabled: user.disabled });
  }
  out.list(rows, 'There is no bot yet.');
}

export async function rotate({ core, out }: Session, name: string): Promise<void> {
  const user = await botNamed(core, name);
  tell(out, user, await rotateBot(core, await actingFor(core, user.id), user));
}

export async function revoke({ core, out }: Session, name: string): Promise<void> {
  const user = await botNamed(core, name);
  await revokeBot(core, await actingFor(core, user.id), user);
  out.say({ id: user.id, name: user.name, disabled: true }, `${user.name} is ended.`);
}

const botNamed = async (core: Core, name: string): Promise<User> => requireBot(await core.store.users.byNameKey(nameKey(name)), name);

function tell(out: Out, { id, name }: User, { hook, token, campfire }: BotSecrets): void {
  const text = [`Of ${name}, shown this once:`, `  webhook   ${hook}`, `  token     ${token}`, `  campfire  ${campfire}`];
  out.say({ id, name, hook, token, campfire }, text.join('\n'));
}
