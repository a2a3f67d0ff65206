import { mkdtempSync, rmSync } from 'node:fs';
import { open as openFile, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createBackup } from '../../lib/backup/create.ts';
import { restoreBackup } from '../../lib/backup/restore.ts';
import { verifyBackup } from '../../lib/backup/verify.ts';
import { encryptedStore } from '../../lib/encryption/store.ts';
import type { Store } from '../../lib/store/port.ts';
import { dataOf } from '../backup/data.ts';
import { openTestCore } from '../helpers/core-fixture.ts';
import { placesOf } from './dump.ts';
import { fill, WORDS } from './fill.ts';
import { keyringOf, newKey } from './keys.ts';
import { KINDS, type Kind, mongo, rawStore, requireOrSkip, settingsFor } from './stores.ts';

const register = (kind: Kind) => (kind === 'mongo' ? requireOrSkip(test, mongo) : test);
const [OLD, NEW] = [newKey('old'), newKey('new')];

function folderOf(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-archive-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const withKeys = (store: Store, ...keys: string[]): Store =>
  encryptedStore(store, keyringOf(...keys), { onDamage: () => {}, isSearchMixed: () => false });

async function backedUp(t: ExecutionContext, store: Store, ...keys: string[]): Promise<string> {
  const path = join(folderOf(t), 'backup.tar');
  const keyring = keys.length > 0 ? { keyring: keyringOf(...keys) } : {};
  await createBackup(store, { path, program: 'test', now: () => 0, ...keyring });
  return path;
}

for (const kind of KINDS)
  register(kind)(`${kind}: an encrypted backup is restored with other keys, or without, and gives the same data`, async (t) => {
    const { core } = await openTestCore(t);
    await fill(core);
    const plain = await backedUp(t, core.store);
    const encrypted = await backedUp(t, core.store, OLD);
    t.true(placesOf(new Map([['plain', await readFile(plain)]]), [WORDS.message]).length > 0);
    const words = [...Object.values(WORDS), 'Kitchen', '"entries"'];
    t.deepEqual(placesOf(new Map([['encrypted', await readFile(encrypted)]]), words), []);
    t.true((await stat(encrypted)).size < (await stat(plain)).size * 1.01);
    const keyring = keyringOf(NEW, OLD);
    t.deepEqual((await verifyBackup(encrypted, { keyring })).problems, []);

    const raw = await rawStore(t, settingsFor(t, kind));
    const target = withKeys(raw, NEW, OLD);
    await restoreBackup(target, [encrypted], { keyring });
    t.deepEqual(await dataOf(await backedUp(t, target)), await dataOf(plain));
    const unread = await raw.log.messages((await raw.groups.list({ limit: 9 })).at(-1)?.id ?? ('' as never), 1, 5);
    t.true(
      unread.every(({ body }) => body.startsWith('\u0001new:')),
      'what is restored is sealed with the newest key',
    );

    const other = await rawStore(t, settingsFor(t, kind));
    await restoreBackup(other, [encrypted], { keyring: keyringOf(OLD) });
    t.deepEqual(await dataOf(await backedUp(t, other)), await dataOf(plain));
  });

test('an encrypted backup needs its key, and is noticed when it was changed or cut anywhere', async (t) => {
  const { core } = await openTestCore(t);
  await fill(core, 3);
  const path = await backedUp(t, core.store, OLD);
  const keyring = keyringOf(OLD);
  await t.throwsAsync(verifyBackup(path), { message: /encrypted with the key old, which is not in ENCRYPTION_KEYS/ });
  await t.throwsAsync(verifyBackup(path, { keyring: keyringOf(NEW) }), { message: /with the key old/ });
  await t.throwsAsync(verifyBackup(path, { keyring: keyringOf(newKey('old')) }), { message: /another key old/ });
  const bytes = await readFile(path);
  const copy = join(folderOf(t), 'copy.tar');
  for (let part = 0; part < 40; part += 1) {
    const at = Math.floor((part * bytes.length) / 40) + 3;
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 4;
    await writeFile(copy, changed);
    const problems = await verifyBackup(copy, { keyring }).then(
      (found) => found.problems,
      (error: Error) => [error.message],
    );
    t.true(problems.length > 0, `byte ${at}`);
    await writeFile(copy, bytes);
    const file = await openFile(copy, 'r+');
    await file.truncate(at);
    await file.close();
    const short = await verifyBackup(copy, { keyring }).then(
      (found) => found.problems,
      (error: Error) => [error.message],
    );
    t.true(short.length > 0, `cut at ${at}`);
  }
  t.deepEqual((await verifyBackup(path, { keyring })).problems, []);
});
