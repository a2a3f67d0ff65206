import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openMongo } from '../../lib/store/mongo/open.ts';
import type { Store } from '../../lib/store/port.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

export const mongo = await mongoService();

export const KINDS = ['sqlite', 'mongo'] as const;
export type Kind = (typeof KINDS)[number];

/** The settings of a core on an empty store of this kind, removed with the test. */
export function settingsFor(t: ExecutionContext, kind: Kind): Record<string, string> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-encryption-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const url = kind === 'mongo' ? { MONGODB_URL: freshDatabase(present(mongo)) } : {};
  return { DATA_DIR: dir, LOG_LEVEL: 'silent', POSTS_PER_SECOND: '0', ...url };
}

/** The store that these settings name, without decryption. */
export const openRaw = ({ DATA_DIR = '', MONGODB_URL }: Record<string, string>): Promise<Store> =>
  MONGODB_URL ? openMongo({ url: MONGODB_URL, serverSelectionTimeoutMs: 30_000 }) : openSqlite({ file: join(DATA_DIR, 'parley.db') });

/** As `openRaw`; closed with the test. */
export async function rawStore(t: ExecutionContext, settings: Record<string, string>): Promise<Store> {
  const store = await openRaw(settings);
  t.teardown(() => store.close());
  return store;
}

export { requireOrSkip };
