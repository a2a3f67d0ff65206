import type { GroupId, UserId } from '../ids.ts';

/** Where a command is: in one group, or in every group that its bot is in (''). */
export type CommandScope = GroupId | '';

/** A command that a bot answers. */
export type BotCommand = {
  readonly bot: UserId;
  readonly group: CommandScope;
  readonly name: string;
  /** What follows the name; '' for nothing. */
  readonly hint: string;
  /** One line. */
  readonly help: string;
  /** Whether what is typed is a message of the group, which everybody sees; otherwise only the bot and its author do. */
  readonly shown: boolean;
  readonly createdAt: number;
};

export type CommandStore = {
  /** Writes a command; one of the same bot, scope and name is replaced, and keeps its `createdAt`. */
  put(command: BotCommand): Promise<void>;
  /** Resolves to whether there was one. */
  remove(bot: UserId, group: CommandScope, name: string): Promise<boolean>;
  /** The commands of a bot, by name, `limit` (≥ 1) at most. */
  listOf(bot: UserId, limit: number): Promise<BotCommand[]>;
  /** The commands of the bots that are members of the group: those of this group and of all; in any order. */
  inGroup(group: GroupId): Promise<BotCommand[]>;
};
