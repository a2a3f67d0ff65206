import type { Core } from '../core.ts';
import { conflict, forbidden, notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { GroupId, UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { builtinCommands } from './builtin.ts';
import type { BotCommand, CommandScope } from './port.ts';

/** Maximum number of commands of a bot, in all its groups. */
export const MAX_COMMANDS = 50;

type Described = Pick<BotCommand, 'hint' | 'help' | 'shown'>;
type Bot = GroupAccess['user'];

/**
 * Registers a command of a bot, or describes a present one anew. Resolves to the command, and whether it is new.
 * Errors: `forbidden` (not a bot, or too many), `conflict` (name: it is built in, or another bot has it in this group).
 */
export async function registerCommand(
  core: Core,
  bot: Bot,
  { group, name }: { readonly group: CommandScope; readonly name: string },
  described: Described,
): Promise<{ readonly command: BotCommand; readonly isNew: boolean }> {
  requireBot(bot);
  if (builtinCommands().some((one) => one.name === name)) throw conflict(t`/${name} is built in. Choose another name.`, 'name');
  const mine = await core.store.commands.listOf(bot.id, MAX_COMMANDS + 1);
  const known = mine.find((one) => one.group === group && one.name === name);
  if (!known && mine.length >= MAX_COMMANDS) throw forbidden(t`A bot can have ${MAX_COMMANDS} commands at most. Remove one first.`);
  if (group !== '') await requireFree(core, group, name, bot.id);
  const command = { bot: bot.id, group, name, ...described, createdAt: known?.createdAt ?? core.now() };
  await core.store.commands.put(command);
  return { command, isNew: known === undefined };
}

async function requireFree(core: Core, group: GroupId, name: string, bot: UserId): Promise<void> {
  const others = await core.store.commands.inGroup(group);
  const taken = others.find((one) => one.group === group && one.name === name && one.bot !== bot);
  if (!taken) return;
  const owner = (await core.directory.profiles([taken.bot])).get(taken.bot)?.shownName ?? t`somebody`;
  throw conflict(t`${owner} has the command /${name} in this group. Choose another name.`, 'name');
}

/** Removes a command of a bot. Errors: `forbidden` (not a bot), `notFound`. */
export async function removeCommand(core: Core, bot: Bot, group: CommandScope, name: string): Promise<void> {
  requireBot(bot);
  if (!(await core.store.commands.remove(bot.id, group, name))) throw notFound(t`You have no such command here.`);
}

function requireBot({ bot }: Bot): void {
  if (!bot) throw forbidden(t`Only bots can have commands.`);
}

/**
 * The commands of bots that people can type in a group, by name: of several with one name the one of this group, else the oldest. Those of disabled bots
 * are left out. Errors: StoreUnavailable.
 */
export async function botCommandsIn(core: Core, group: GroupId): Promise<BotCommand[]> {
  const all = (await core.store.commands.inGroup(group)).toSorted(inOrder);
  const names = new Set<string>(builtinCommands().map(({ name }) => name));
  const chosen = all.filter(({ name }) => !names.has(name) && names.add(name));
  const users = await core.store.users.byIds([...new Set(chosen.map(({ bot }) => bot))]);
  const enabled = new Set(users.filter(({ disabled }) => !disabled).map(({ id }) => id));
  return chosen.filter(({ bot }) => enabled.has(bot));
}

const inOrder = (a: BotCommand, b: BotCommand): number =>
  a.name.localeCompare(b.name, 'en') ||
  Number(a.group === '') - Number(b.group === '') ||
  a.createdAt - b.createdAt ||
  a.bot.localeCompare(b.bot, 'en');

/** The command that this name stands for in a group. Errors: StoreUnavailable. */
export const botCommandNamed = async (core: Core, group: GroupId, name: string): Promise<BotCommand | undefined> =>
  (await botCommandsIn(core, group)).find((one) => one.name === name);
