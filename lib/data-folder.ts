import { chmodSync, closeSync, existsSync, fchmodSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [FOLDER, FILE] = [0o700, 0o600];
const GROUP_AND_OTHERS = 0o077;
const OTHERS = 0o007;

/** Windows has no modes. */
const hasModes = process.platform !== 'win32';

/** A file or folder that more than its owner may use. `mode`: of the permission bits. */
export type Loose = { readonly path: string; readonly mode: number };

/** Creates an empty file that only its owner may use, whatever the umask; does nothing when it exists. SQLite gives its mode to `-wal` and `-shm`. */
export function createPrivately(file: string): void {
  try {
    const descriptor = openSync(file, 'wx', FILE);
    if (hasModes) fchmodSync(descriptor, FILE);
    closeSync(descriptor);
  } catch {
    // It exists; what else may be wrong is reported by the one who opens it.
  }
}

/**
 * What in a data folder more than its owner may use: the folder itself, the files of the database and of the lock, `files` and the folders in it;
 * the files in those only when one of these folders is loose, since nobody else can reach them otherwise.
 */
export function looseIn(dataDir: string): Loose[] {
  if (!hasModes || !existsSync(dataDir)) return [];
  const files = join(dataDir, 'files');
  const subfolders = existsSync(files) ? insideOf(files) : [];
  const folders = [dataDir, files, ...subfolders].flatMap(looseAt);
  const own = insideOf(dataDir).filter((path) => path !== files && /^(parley\.db|server\.lock)/.test(path.slice(dataDir.length + 1)));
  const stored = folders.length > 0 ? subfolders.filter(isFolder).flatMap(insideOf) : [];
  return [...folders, ...[...own, ...stored].flatMap(looseAt)];
}

/** Nothing when it cannot be read: whoever opens the store says so. */
function insideOf(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function looseAt(path: string): Loose[] {
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
  return (mode & GROUP_AND_OTHERS) === 0 ? [] : [{ path, mode }];
}

/** Whether every user of the machine may use it. Where only a group may, that is the choice of whoever owns it. */
export const isOpenToAll = ({ mode }: Loose): boolean => (mode & OTHERS) !== 0;

/**
 * Makes everything in a data folder its owner's alone: folders 700, files 600. Returns what was looser. Throws a plain Error, one sentence for the
 * operator, when that cannot be done and every user of the machine may read it.
 */
export function makePrivate(dataDir: string): Loose[] {
  const loose = looseIn(dataDir);
  for (const { path } of loose) {
    try {
      chmodSync(path, isFolder(path) ? FOLDER : FILE);
    } catch {
      // Not ours: decided below.
    }
  }
  const [left] = looseAt(dataDir).length > 0 ? looseIn(dataDir).filter(isOpenToAll) : [];
  if (left === undefined) return loose;
  throw new Error(
    `${left.path} (mode ${left.mode.toString(8)}) is accessible to all users of this machine, and this user may not change that. ` +
      `Run 'chmod -R go-rwx ${dataDir}' as its owner, or set DATA_DIR to a folder of the user that runs Parley.`,
  );
}
