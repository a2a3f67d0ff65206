import { accessSync, closeSync, constants, openSync, readSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type StoreFault, StoreUnavailable } from '../../errors.ts';
import { isOutOfHandles } from '../../file-handles.ts';

const FULL = ['full', 'the disk is full'] as const;

type Known = readonly [name: string, fault: StoreFault, what: string];
/** Primary result codes for faults of the file, not of the statement: https://www.sqlite.org/rescode.html */
const CODES: Readonly<Record<number, Known>> = {
  3: ['SQLITE_PERM', 'denied', 'access is denied'],
  5: ['SQLITE_BUSY', 'locked', 'another program holds its lock'],
  6: ['SQLITE_LOCKED', 'locked', 'another connection holds its lock'],
  7: ['SQLITE_NOMEM', 'io', 'there is not enough memory'],
  8: ['SQLITE_READONLY', 'denied', 'it cannot be written'],
  9: ['SQLITE_INTERRUPT', 'unknown', 'the operation was interrupted'],
  10: ['SQLITE_IOERR', 'io', 'the disk or the file system reports an error'],
  11: ['SQLITE_CORRUPT', 'damaged', 'it is damaged'],
  13: ['SQLITE_FULL', ...FULL],
  14: ['SQLITE_CANTOPEN', 'denied', 'it cannot be opened'],
  15: ['SQLITE_PROTOCOL', 'locked', 'its locks are contended'],
  26: ['SQLITE_NOTADB', 'notDatabase', 'it is not a SQLite database'],
};

/** The fault of the file that an error of `node:sqlite` reports; undefined when the statement is wrong, which is a bug. */
export function unavailableBy(error: unknown, file: string): StoreUnavailable | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code === 'ERR_INVALID_STATE') return new StoreUnavailable('The database is closed.', { cause: error, fault: 'closed' });
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
  const known = CODES[code & 0xff];
  if (!known) return undefined;
  const [name, fault, what] = causeOf(known, file);
  const extended = code > 0xff ? ` ${code}` : '';
  const said = `(${name}${extended}: ${error.message})`;
  const short = fault === 'damaged' ? truncation(file) : undefined;
  if (short) return new StoreUnavailable(`The database file ${file} is truncated: ${short} ${said}.`, { cause: error, fault: 'truncated' });
  return new StoreUnavailable(`The database file ${file} does not answer: ${what} ${said}.`, { cause: error, fault });
}

/** SQLite reports that it cannot open a file also when there is no handle for it, and an I/O error also where it may not write any more. */
function causeOf(known: Known, file: string): Known {
  if (known[0] === 'SQLITE_CANTOPEN' && isOutOfHandles()) return [known[0], 'handles', 'this process has no free file handle'];
  if (known[1] !== 'io') return known;
  if (isFull(file)) return [known[0], ...FULL];
  return isReadOnly(file) ? [known[0], 'denied', 'it cannot be written'] : known;
}

/** On a full disk, SQLite reports an I/O error when it cannot create the shared memory file. */
function isFull(file: string): boolean {
  try {
    return statfsSync(dirname(file)).bavail === 0;
  } catch {
    return false;
  }
}

/** A file system that became read-only, as Linux does with one that reports errors, or a file that did. Files that were open before give an I/O error. */
function isReadOnly(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && SYSTEM_FAULTS[String(error.code)] === 'denied';
  }
}

const HEADER_BYTES = 100;

/** How much shorter the file is than its header says; undefined when it is complete. https://www.sqlite.org/fileformat.html#the_database_header */
function truncation(file: string): string | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    const descriptor = openSync(file, 'r');
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
    closeSync(descriptor);
    const { size } = statSync(file);
    const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    const expected = pageSize * header.readUInt32BE(28);
    return size < expected ? `it has ${size} of ${expected} bytes` : undefined;
  } catch {
    return undefined;
  }
}

const SYSTEM_FAULTS: Readonly<Record<string, StoreFault>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  EMFILE: 'handles',
  ENFILE: 'handles',
};

/** An error of the file system as StoreUnavailable, with code and path. `what`: what failed. */
export function unavailableDisk(error: unknown, what: string): StoreUnavailable {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(`${what}: ${reason}`, { cause: error, fault: SYSTEM_FAULTS[code] ?? 'io' });
}
