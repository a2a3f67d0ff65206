import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config.ts';

/** Where the doctor opens the store. `isNew`: there is no database yet, so `storeDir` is a temporary folder inside the data folder. */
export type DoctorFolder = { readonly storeDir: string; readonly isNew: boolean; close(): Promise<void> };

/** Creates missing folders; `close` removes them again. Never rejects: the checks report what cannot be created. */
export async function openFolder({ dataDir, mongodbUrl }: Pick<Config, 'dataDir' | 'mongodbUrl'>): Promise<DoctorFolder> {
  const folder = resolve(dataDir);
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
  const isNew = mongodbUrl === undefined && !existsSync(join(folder, 'parley.db'));
  const own = isNew ? await mkdtemp(join(folder, '.doctor-')).catch(() => undefined) : undefined;
  const close = async (): Promise<void> => {
    if (own !== undefined) await rm(own, { recursive: true, force: true });
    if (firstMade !== undefined) await removeEmpty(folder, firstMade);
  };
  return { storeDir: own ?? dataDir, isNew, close };
}

/** Removes `folder` and its parents up to `last` while they are empty; a server may have been started meanwhile. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  const isRemoved = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (isRemoved && folder !== last) await removeEmpty(dirname(folder), last);
}
