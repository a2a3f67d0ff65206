import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { everyContract } from './every-store.ts';
import type { Opened } from './store.ts';
import { encrypted } from './store-encrypted.ts';

async function open(): Promise<Opened> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-encrypted-'));
  const file = join(dir, 'parley.sqlite');
  const store = encrypted(await openSqlite({ file }));
  const close = async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  };
  return { store, close, second: async () => encrypted(await openSqlite({ file })) };
}
everyContract(test, open, 'sqlite, encrypted', { wholeWords: true });
