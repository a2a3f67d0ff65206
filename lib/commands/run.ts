import type { Core } from '../core.ts';
import { forbidden, invalid } from '../errors.ts';
import { checkRate, decidePost, requireMember } from '../groups/admission.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { newUid } from '../ids.ts';
import { t } from '../language/text.ts';
import { cleanText } from '../text/body.ts';
import { builtinCommands, type Outcome } from './builtin.ts';
import type { TypedCommand } from './command.ts';
import type { BotCommand } from './port.ts';
import { botCommandNamed } from './registry.ts';

/** How long the text of a command that is not shown is kept: a bot that was away reads it from its cursor. */
export const COMMAND_KEPT_MS = 7 * 24 * 3600_000;

/** Runs a command. Errors: `invalid` (body) for an unknown command or what follows it, `forbidden`, and those of what it does. */
export async function runCommand(core: Core, at: GroupAccess, typed: TypedCommand, zone: string): Promise<Outcome> {
  const command = builtinCommands().find((one) => one.name === typed.name) ?? (await botCommandNamed(core, at.group.id, typed.name));
  if (!command)
    throw invalid('body', t`There is no command /${typed.name}. Write a space before it to send it as text, or /help for all commands.`);
  if (at.membership?.in !== true) throw forbidden(t`Only members can use commands.`);
  if ('run' in command) return command.run(core, at, typed.rest, zone);
  if (command.shown) return { command: { name: command.name, bot: command.bot } };
  return callBot(core, at, command, typed.rest);
}

/**
 * Appends the command to the log, where only its bot and its author can read it; the bot hears of it in its streams and by its webhook. Durable when it
 * resolves. Errors: `forbidden` (archived), `notFound` (not a member), `tooMany`, `invalid` (body), `unavailable`.
 */
async function callBot(core: Core, at: GroupAccess, { bot, name }: BotCommand, rest: string): Promise<Outcome> {
  requireMember(at);
  await checkRate(core, at.user.id);
  const text = cleanText(rest);
  const most = core.config.maxBodyBytes;
  if (Buffer.byteLength(text, 'utf8') > most) throw invalid('body', t`A command can have ${most} bytes at most.`);
  const due = (await core.sharedNow()) + COMMAND_KEPT_MS;
  const draft = { kind: 'command', bot, name, text, due, author: at.user.id, uid: newUid(core.random) } as const;
  await core.appender.append(at.group.id, draft, () => decidePost(core, at));
  const profile = (await core.directory.profiles([bot])).get(bot);
  return { said: t`Sent to ${profile?.shownName ?? t`somebody`}.` };
}
