import type { Config } from '../../config.ts';
import { type StoreFault, StoreUnavailable } from '../../errors.ts';

type StoreConfig = Pick<Config, 'mongodbUrl' | 'dataDir'>;

const DENIED = (place: string): string =>
  `Let the user that runs Parley read and write ${place} and its contents, or set DATA_DIR to another folder.`;
const UNREACHABLE = 'Start MongoDB, or correct the host and port in MONGODB_URL.';

/** Advice that differs for MongoDB. */
const MONGO_ADVICE: Readonly<Partial<Record<StoreFault, string>>> = {
  denied: 'Correct the user and the password in MONGODB_URL; that user needs the role readWrite on the database.',
  full: 'Free space on the disk of MongoDB.',
};

/** How to fix each fault of the store; `place` is the data folder. */
const ADVICE: Readonly<Partial<Record<StoreFault, (place: string) => string>>> = {
  locked: () => 'Close the program that holds the lock (a backup, or sqlite3 with an open transaction), or wait until it is done.',
  full: (place) => `Free space on the disk of ${place}, or move the data to a larger one.`,
  denied: DENIED,
  handles: () => 'Raise the limit of open files (LimitNOFILE in systemd, ulimit -n), or lower MAX_CONNECTIONS, and restart the server.',
  notDatabase: (place) => `Stop the server and restore the right parley.db in ${place} from a backup, or set DATA_DIR to another folder.`,
  truncated: (place) => `Stop the server and restore parley.db in ${place} from a backup: the end of the file is missing.`,
  damaged: (place) =>
    `Stop the server, copy ${place}, then restore parley.db from a backup, or recover what is readable: sqlite3 parley.db .recover`,
  newer: () => 'Update Parley to the version that wrote the database, or a later one.',
  settings: () => 'Correct MONGODB_URL.',
  unreachable: () => UNREACHABLE,
  refused: () => 'MongoDB must be a replica set (one member is enough) or a sharded cluster. See its log.',
  io: (place) => `Check the disk and the file system of ${place}, and the log of the operating system.`,
};

/** How to fix a store with this fault. */
export function adviceOn(fault: StoreFault, { mongodbUrl, dataDir }: StoreConfig): string {
  const ofMongo = mongodbUrl === undefined ? undefined : MONGO_ADVICE[fault];
  return ofMongo ?? ADVICE[fault]?.(dataDir) ?? (mongodbUrl === undefined ? DENIED(dataDir) : UNREACHABLE);
}

/** How to fix the error with which the store did not open or answer. */
export const adviceOnStore = (error: unknown, config: StoreConfig): string =>
  adviceOn(error instanceof StoreUnavailable ? error.fault : 'unknown', config);
