import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackup } from '../backup/create.ts';
import type { Manifest } from '../backup/format.ts';
import { restoreBackup } from '../backup/restore.ts';
import { verifyBackup } from '../backup/verify.ts';
import { type Config, readConfig } from '../config.ts';
import { type Keyring, openKeyring } from '../encryption/keys.ts';
import type { Damage } from '../encryption/sealed.ts';
import { invalid } from '../errors.ts';
import { openStore, type StoreOptions } from '../open-store.ts';
import type { Store } from '../store/port.ts';
import { openCliLog } from './cli-log.ts';
import type { Out } from './out.ts';
import { openProgress } from './progress.ts';
import { version } from './version.ts';

/** Writes a backup to `path`, or into it if it is a folder. Rejects after the backup was written if the content of files was damaged. */
export async function backup(out: Out, path: string, { since }: { readonly since?: string }): Promise<void> {
  const keyring = openKeyring(readConfig().encryptionKeys);
  const base = since === undefined ? undefined : await manifestOf(since, keyring);
  const file = await fileFor(path);
  const progress = openProgress(out);
  const unreadable: Damage[] = [];
  const { config, manifest } = await withStore(
    out,
    { role: 'visitor', onDamage: (damage) => unreadable.push(damage) },
    async (store, config) => ({
      config,
      manifest: await createBackup(store, {
        path: file,
        ...(base ? { base } : {}),
        program: version(),
        now: Date.now,
        keyring,
        onProgress: (bytes) => progress.show('written', bytes),
      }),
    }),
  );
  const rate = progress.end();
  const { id, damaged } = manifest;
  out.write(
    { file, id, base: manifest.base, ...sizesOf(manifest), ...rate, damaged },
    `${file}: ${summary(sizesOf(manifest))}, ${rateText(rate)}`,
  );
  noteKeys(out, config);
  for (const { file: name, reason } of damaged) process.stderr.write(`parley: the file ${name} ${reason}\n`);
  for (const { place, reason } of unreadable) process.stderr.write(`parley: ${place} cannot be decrypted: ${reason}\n`);
  if (damaged.length > 0) throw new Error(`The backup is written, but the content of ${damaged.length} uploaded files was damaged before.`);
  if (unreadable.length > 0) throw new Error(`The backup is written, but ${unreadable.length} texts could not be decrypted.`);
}

/** Verifies archives one by one. Rejects if one is damaged. */
export async function verify(out: Out, files: readonly string[]): Promise<void> {
  const keyring = openKeyring(readConfig().encryptionKeys);
  let damaged = 0;
  for (const file of files) {
    const progress = openProgress(out);
    const { manifest, problems } = await verifyBackup(file, { keyring, onBytes: (bytes) => progress.show('read', bytes) });
    const rate = progress.end();
    const ok = manifest !== undefined && problems.length === 0;
    if (!ok) damaged += 1;
    const sizes = manifest ? { id: manifest.id, base: manifest.base, createdAt: manifest.createdAt, ...sizesOf(manifest) } : {};
    const text =
      ok && manifest
        ? `${file}: complete, ${summary(sizesOf(manifest))}, ${rateText(rate)}`
        : [`${file}: damaged`, ...problems].join('\n  ');
    out.write({ file, ok, ...sizes, ...rate, problems }, text);
  }
  if (damaged > 0) throw new Error(`${damaged} of ${files.length} backups are damaged.`);
}

/** Fills the empty store that the settings name. */
export async function restore(out: Out, files: readonly string[]): Promise<void> {
  const progress = openProgress(out);
  const { config, manifest } = await withStore(out, { role: 'server' }, async (store, config) => ({
    config,
    manifest: await restoreBackup(store, files, {
      onProgress: (phase, bytes) => progress.show(phase, bytes),
      keyring: openKeyring(config.encryptionKeys),
    }),
  }));
  const rate = progress.end();
  const { id, createdAt } = manifest;
  const sizes = restoredSizes(manifest);
  out.write(
    { id, createdAt, store: kindOf(config), ...sizes, ...rate },
    `Restored the backup of ${createdAt}: ${summary(sizes)}, ${rateText(rate)}`,
  );
  noteKeys(out, config);
}

/** With the role `server`, no server may run on the embedded database. */
async function withStore<T>(
  out: Out,
  { role, onDamage }: Pick<StoreOptions, 'role' | 'onDamage'>,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  const { store, release } = await openStore(config, {
    role,
    ...(onDamage ? { onDamage } : {}),
    mustExist: role === 'visitor',
    logger: openCliLog(config, out.json),
    onFault: () => {},
    isPatient: true,
  });
  try {
    return await work(store, config);
  } finally {
    await store.close();
    release();
  }
}

async function manifestOf(file: string, keyring: Keyring | undefined): Promise<Manifest> {
  const { manifest, problems } = await verifyBackup(file, { keyring });
  if (!manifest || problems.length > 0) throw invalid('since', `${file} is damaged: ${problems.join(' ')}`);
  return manifest;
}

async function fileFor(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, `parley-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.tar`) : path;
}

const kindOf = ({ mongodbUrl }: Config): 'sqlite' | 'mongo' => (mongodbUrl === undefined ? 'sqlite' : 'mongo');

/** With SECRET_KEYS in the environment a backup is of little use without them: sessions, join codes and secrets of webhooks are sealed with them. */
function noteKeys(out: Out, { secretKeys, encryptionKeys }: Config): void {
  if (secretKeys.length > 0 && !out.json)
    process.stderr.write('The backup does not contain SECRET_KEYS: keep them apart, a restored server needs the same ones.\n');
  if (encryptionKeys.length > 0 && !out.json)
    process.stderr.write('The backup is encrypted with the first of ENCRYPTION_KEYS: keep it apart, it is needed to restore.\n');
}

type Sizes = { readonly users: number; readonly groups: number; readonly entries: number; readonly files: number };

/** What a store has after an archive and its bases were restored. */
const restoredSizes = ({ counts, heads, inherited = [] }: Manifest): Sizes => ({
  users: counts.users,
  groups: counts.groups,
  entries: Object.values(heads).reduce((sum, { seq }) => sum + seq, 0),
  files: counts.contents + inherited.length,
});

/** What an archive contains. */
const sizesOf = ({ counts }: Manifest): Sizes => ({
  users: counts.users,
  groups: counts.groups,
  entries: counts.entries,
  files: counts.contents,
});

const numbered = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

function summary({ users, groups, entries, files }: Sizes): string {
  return [numbered(users, 'user'), numbered(groups, 'group'), numbered(entries, 'entry', 'entries'), numbered(files, 'file')].join(', ');
}

const rateText = ({ bytes, seconds }: { readonly bytes: number; readonly seconds: number }): string =>
  `${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s`;
