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

/** Codes that Node.js gives to errors of a connection without a system call, such as a write after the server has closed it (`EPIPE`). */
const CONNECTION_CODE = /^(?:E(?!RR_)[A-Z0-9]+|ERR_(?:STREAM_(?:DESTROYED|WRITE_AFTER_END|PREMATURE_CLOSE)|SOCKET_CLOSED|SSL_\w+))$/;

/** Errors of a connection that are not the driver's own: it passes them on unchanged when a write could not be sent at once. */
const isOfTheSystem = (error: unknown): error is Error =>
  error instanceof Error && ('syscall' in error || ('code' in error && CONNECTION_CODE.test(String(error.code))));

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
