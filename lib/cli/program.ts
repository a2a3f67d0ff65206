import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { botCommands } from './bot-commands.ts';
import { groupCommands } from './group-commands.ts';
import { messageCommands } from './message-commands.ts';
import { upkeepCommands } from './upkeep-commands.ts';
import { userCommands } from './user-commands.ts';

const NOTES = `
Settings are read from the environment (DATA_DIR, MONGODB_URL, REDIS_URL, …), as the server does. A server may be running.
Exit status: 0 success, 1 refused or failed, 2 wrong usage.

Example:
  parley user create ann < password.txt`;

/**
 * The commander program. Nothing is loaded or opened before a command runs. Wrong usage throws CommanderError, which the caller reports; a missing
 * command prints the help unless `isJson`.
 */
export function createProgram(isJson = false): Command {
  const program = new Command('parley')
    .description('Runs and administers a Parley chat.')
    .version(version(), '--version', 'print the version')
    .option('--json', 'print results as JSON, one object per line')
    .addHelpText('after', NOTES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {}, ...(isJson ? { writeErr: () => {} } : {}) })
    .exitOverride();
  upkeepCommands(program);
  userCommands(program);
  groupCommands(program);
  botCommands(program);
  messageCommands(program);
  return program;
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
