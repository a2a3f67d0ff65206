import type { BotCommand, CommandScope, CommandStore } from '../../../commands/port.ts';
import type { UserId } from '../../../ids.ts';
import type { Connection } from '../connection.ts';
import { mapping } from '../mapping.ts';
import type { WritesOf } from '../writing/remote.ts';

export const COMMANDS = mapping<BotCommand>('commands', {
  bot: 'bot',
  group: 'group_id',
  name: 'name',
  hint: 'hint',
  help: 'help',
  shown: ['shown', 'boolean'],
  createdAt: 'created_at',
});

const PUT = `${COMMANDS.insert} ON CONFLICT DO UPDATE SET hint = excluded.hint, help = excluded.help, shown = excluded.shown`;
const REMOVE = 'DELETE FROM commands WHERE bot = ? AND group_id = ? AND name = ?';
const LIST = `${COMMANDS.select} WHERE bot = ? ORDER BY name, group_id LIMIT ?`;
const IN_GROUP = `${COMMANDS.select} JOIN memberships m ON m.user_id = commands.bot AND m.group_id = ?1 WHERE commands.group_id IN ('', ?1) AND m.present = 1`;

export const commandWrites = (db: Connection) => ({
  put: (command: BotCommand) => void db.run(PUT, ...COMMANDS.values(command)),
  remove: (bot: UserId, group: CommandScope, name: string) => db.run(REMOVE, bot, group, name) === 1,
});

export const commandStore = (db: Connection, writes: WritesOf<ReturnType<typeof commandWrites>>): CommandStore => ({
  ...writes,
  listOf: async (bot, limit) => db.all(LIST, bot, limit).map(COMMANDS.read),
  inGroup: async (group) => db.all(IN_GROUP, group).map(COMMANDS.read),
});
