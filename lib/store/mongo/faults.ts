import { MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import { type StoreFault, StoreUnavailable } from '../../errors.ts';

/** Codes of the server: https://www.mongodb.com/docs/manual/reference/error-codes/ */
const FAULTS: Readonly<Record<number, StoreFault>> = { 13: 'denied', 18: 'denied', 8000: 'denied', 14031: 'full' };

/** The message and code of an error of the driver, the server or the system; undefined for any other error, which is a bug. */
export function unavailableBy(error: unknown): StoreUnavailable | undefined {
  if (!(error instanceof MongoError) && !isOfTheSystem(error)) return undefined;
  return new StoreUnavailable(`${beginningOf(error)}: ${withoutSecrets(error.message)} (${codeOf(error)}).`, {
    cause: error,
    fault: faultOf(error),
  });
}

/** The error for a timeout. */
export const tooLate = (timeoutMs: number): StoreUnavailable =>
  new StoreUnavailable(`MongoDB did not answer within ${timeoutMs} ms.`, { fault: 'unreachable' });

/** System errors of a connection: the driver passes them on unchanged while it waits for a large write to drain. */
const isOfTheSystem = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;

function beginningOf(error: Error): string {
  if (error instanceof MongoServerError) return 'MongoDB refused';
  return faultOf(error) === 'settings' ? 'MONGODB_URL cannot be used' : 'MongoDB does not answer';
}

/** Errors of the driver by their names. */
const DRIVER_FAULTS: Readonly<Record<string, StoreFault>> = {
  MongoServerSelectionError: 'unreachable',
  MongoOperationTimeoutError: 'unreachable',
  MongoParseError: 'settings',
  MongoInvalidArgumentError: 'settings',
  MongoCompatibilityError: 'settings',
  MongoMissingCredentialsError: 'settings',
  MongoMissingDependencyError: 'settings',
  MongoNotConnectedError: 'closed',
  MongoClientClosedError: 'closed',
  MongoTopologyClosedError: 'closed',
  MongoServerClosedError: 'closed',
};

function faultOf(error: Error): StoreFault {
  if (error instanceof MongoServerError) return FAULTS[Number(error.code)] ?? 'refused';
  if (error instanceof MongoNetworkError || !(error instanceof MongoError)) return 'unreachable';
  return DRIVER_FAULTS[error.name] ?? 'unknown';
}

function codeOf(error: Error): string {
  if (!(error instanceof MongoServerError)) return 'code' in error && error.code !== undefined ? `${error.name} ${error.code}` : error.name;
  return [error.codeName, error.code].filter((part) => part !== undefined).join(' ') || error.name;
}

/** Without connection strings, which may hold a password, and without the values of a duplicate key. */
const withoutSecrets = (text: string): string => text.replace(/(mongodb(?:\+srv)?:\/\/)[^"]*/g, '$1…').replace(/dup key: .*/s, 'dup key');
