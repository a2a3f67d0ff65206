import { Command } from 'commander';
import { version } from './version.ts';

type Commands = { readonly names: readonly string[]; readonly load: () => Promise<(program: Command) => void> };

/** The files of the commands, by the first word of the command line. */
const COMMANDS: readonly Commands[] = [
  { names: ['serve', 'config', 'seed', 'doctor', 'audit'], load: async () => (await import('./upkeep-commands.ts')).upkeepCommands },
  { names: ['user', 'token', 'invite'], load: async () => (await import('./user-commands.ts')).userCommands },
  { names: ['group'], load: async () => (await import('./group-commands.ts')).groupCommands },
  { names: ['bot'], load: async () => (await import('./bot-commands.ts')).botCommands },
  { names: ['oauth'], load: async () => (await import('./oauth/commands.ts')).oauthCommands },
  { names: ['backup', 'verify', 'restore', 'migrate'], load: async () => (await import('./backup-commands.ts')).backupCommands },
  { names: ['export', 'import'], load: async () => (await import('./transfer/commands.ts')).transferCommands },
  { names: ['encrypt'], load: async () => (await import('./encryption/commands.ts')).encryptionCommands },
  { names: ['storage', 'erase'], load: async () => (await import('./upkeep/storage-commands.ts')).storageCommands },
  { names: ['post', 'tail'], load: async () => (await import('./message-commands.ts')).messageCommands },
  { names: ['completion'], load: completion },
];

async function completion(): Promise<(program: Command) => void> {
  const { completionCommand } = await import('./upkeep/completion-command.ts');
  return (program) => completionCommand(program, () => createProgram());
}

const NOTES = `
Settings are read from the environment (DATA_DIR, MONGODB_URL, REDIS_URL, …), as the server does. A server may be running.
Exit status: 0 success, 1 refused or failed, 2 wrong usage.

Example:
  parley user create ann < password.txt`;

/**
 * The commander program for a command line: with the file of the command that it names, or with every command. Nothing else is loaded or opened
 * before a command runs. Wrong usage throws CommanderError, which the caller reports; a missing command prints the help unless `isJson`.
 */
export async function createProgram(args: readonly string[] = [], isJson = false): Promise<Command> {
  const program = new Command('parley')
    .description('Runs and administers a Parley chat.')
    .version(version(), '--version', 'print the version')
    .option('--json', 'print results as JSON, one object per line')
    .addHelpText('after', NOTES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {}, ...(isJson ? { writeErr: () => {} } : {}) })
    .exitOverride();
  for (const { load } of commandsFor(args)) (await load())(program);
  return program;
}

function commandsFor(args: readonly string[]): readonly Commands[] {
  const first = args.find((arg) => !arg.startsWith('-')) ?? '';
  const named = COMMANDS.filter(({ names }) => names.includes(first));
  return named.length > 0 ? named : COMMANDS;
}
