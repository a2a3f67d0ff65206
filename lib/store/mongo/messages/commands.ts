import type { BotCommand, CommandStore } from '../../../commands/port.ts';
import type { Collections } from '../collections.ts';
import { chunks } from '../entries.ts';

const idOf = ({ bot, group, name }: Pick<BotCommand, 'bot' | 'group' | 'name'>): string => `${bot}/${group}/${name}`;

export function commandStore({ commands, memberships }: Collections): CommandStore {
  const one = (of: Pick<BotCommand, 'bot' | 'group' | 'name'>) => ({ _id: { $eq: idOf(of) } });
  return {
    async put({ bot, group, name, createdAt, ...fields }) {
      await commands.updateOne(
        one({ bot, group, name }),
        { $set: fields, $setOnInsert: { bot, group, name, createdAt } },
        { upsert: true },
      );
    },
    remove: async (bot, group, name) => (await commands.deleteOne(one({ bot, group, name }))).deletedCount === 1,
    async listOf(bot, limit) {
      const rows = commands.find({ bot }).sort({ name: 1, group: 1 }).limit(limit);
      return (await rows.toArray()).map(({ _id, ...command }) => command);
    },
    async inGroup(group) {
      const rows = await commands.find({ group: { $in: [group, ''] } }).toArray();
      const bots = [...new Set(rows.map(({ bot }) => bot))];
      const windows = chunks(bots).map((some) =>
        memberships.find({ _id: { $in: some.map((bot) => `${group}/${bot}`) }, in: true }, { projection: { user: 1 } }).toArray(),
      );
      const present = new Set((await Promise.all(windows)).flat().map(({ user }) => user));
      return rows.flatMap(({ _id, ...command }) => (present.has(command.bot) ? [command] : []));
    },
  };
}
