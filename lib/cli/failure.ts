import { type Command, CommanderError } from 'commander';
import { DomainError, StoreUnavailable } from '../errors.ts';

/** Why a command failed, and its exit status. `code`: a code of DomainError, or 'usage', 'settings', 'unavailable', 'failed'. */
type Failure = { readonly status: 1 | 2; readonly code: string; readonly message: string; readonly field?: string };

const FAILED = 1;
const WRONG_USAGE = 2;

/** Wrong usage, or the end of commander's work after it printed the help or the version. */
export const isUsageError = (error: unknown): error is CommanderError => error instanceof CommanderError;

/** The failure to report for `error`; `command`: the one that ran. Argument values are never repeated, because one may be a password. */
export function failureOf(error: unknown, command: Command | undefined): Failure {
  if (isUsageError(error)) return { status: WRONG_USAGE, code: 'usage', message: usageError(error) };
  if (error instanceof DomainError) return refusal(error, command);
  const code =
    error instanceof StoreUnavailable ? 'unavailable' : error instanceof Error && error.name === 'ConfigError' ? 'settings' : 'failed';
  return { status: FAILED, code, message: reasonOf(error) };
}

/** If an option has an invalid value, the message names the option and the status is that of wrong usage. */
function refusal({ code, message, field }: DomainError, command: Command | undefined): Failure {
  const ofField = field === undefined ? {} : { field };
  const option = code === 'invalid' || code === 'malformed' ? optionOf(field, command) : undefined;
  return option === undefined
    ? { status: FAILED, code, message, ...ofField }
    : { status: WRONG_USAGE, code, message: `option '${option}' is invalid. ${message}`, ...ofField };
}

/** The flags of the option that set this field, if any. A repeatable option has the singular name: `keywords`, `--keyword`. */
function optionOf(field: string | undefined, command: Command | undefined): string | undefined {
  const isGiven = (name: string): boolean => command?.getOptionValueSource(name) === 'cli';
  const found = command?.options.find((option) => {
    const name = option.attributeName();
    return field !== undefined && (name === field || `${name}s` === field) && isGiven(name);
  });
  return found?.flags;
}

/** Commander's message in one line, without values. */
function usageError({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing (see --help)';
  const safe = message
    .replace(/^error: /, '')
    .replace(/(but got \d+): [\s\S]*/, '$1')
    .replace(/(unknown option '[^'=]*)=[\s\S]*'/, "$1'");
  return `${safe.trim().replaceAll('\n', ' ')} (see --help)`;
}

/** The message; for an error in Parley itself the stack. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isBug ? (error.stack ?? error.message) : error.message;
}
