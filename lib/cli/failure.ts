import { type Command, CommanderError } from 'commander';
import { DomainError, StoreUnavailable } from '../errors.ts';

/** Why a command failed, and its exit status. `code`: one word for programs, those of DomainError among them. */
export type Failure = { readonly status: 1 | 2; readonly code: string; readonly message: string; readonly field?: string };

const FAILED = 1;
const WRONG_USAGE = 2;

/** What `error` means to whoever gave the command; `command`: the one that ran. The values that were given are not repeated: a password may be among them. */
export function failureOf(error: unknown, command: Command | undefined): Failure {
  if (error instanceof CommanderError) return { status: WRONG_USAGE, code: 'usage', message: usageError(error) };
  if (error instanceof DomainError) return refusal(error, command);
  const code =
    error instanceof StoreUnavailable ? 'unavailable' : error instanceof Error && error.name === 'ConfigError' ? 'settings' : 'failed';
  return { status: FAILED, code, message: reasonOf(error) };
}

/** An option with a value that breaks a rule is named, and is wrong usage. */
function refusal({ code, message, field }: DomainError, command: Command | undefined): Failure {
  const ofField = field === undefined ? {} : { field };
  const option = code === 'invalid' || code === 'malformed' ? optionOf(field, command) : undefined;
  return option === undefined
    ? { status: FAILED, code, message, ...ofField }
    : { status: WRONG_USAGE, code, message: `option '${option}' is invalid. ${message}`, ...ofField };
}

/** The flags of the option that gave this field; undefined when none did. A field of several values has an option for each: `keywords`, `--keyword`. */
function optionOf(field: string | undefined, command: Command | undefined): string | undefined {
  const isGiven = (name: string): boolean => command?.getOptionValueSource(name) === 'cli';
  const found = command?.options.find((option) => {
    const name = option.attributeName();
    return field !== undefined && (name === field || `${name}s` === field) && isGiven(name);
  });
  return found?.flags;
}

/** One line, as commander puts it. */
function usageError({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing (see --help)';
  const safe = message
    .replace(/^error: /, '')
    .replace(/(but got \d+): [\s\S]*/, '$1')
    .replace(/(unknown option '[^'=]*)=[\s\S]*'/, "$1'");
  return `${safe.trim().replaceAll('\n', ' ')} (see --help)`;
}

/** Of a mistake in the program itself also where it is. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isBug ? (error.stack ?? error.message) : error.message;
}
