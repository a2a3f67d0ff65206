import { randomBytes } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openPasswords } from '../../accounts/password.ts';
import type { Config } from '../../config.ts';
import { StoreUnavailable } from '../../errors.ts';
import { canMakeThumbnails, THUMBNAIL_ADVICE } from '../../files/thumbnail-probe.ts';
import { newGroupId, newUserId, systemRandom } from '../../ids.ts';
import type { OpenCore } from '../../open-core.ts';
import { writeAndRead } from '../../store/health.ts';
import type { Store } from '../../store/port.ts';
import { adviceOn, adviceOnStore } from './store-advice.ts';

/**
 * What a check found. Without `mend` all is well; with `isWarning` it works, and something should be changed. `ms`: how long it took, where that is
 * what was measured.
 */
export type Finding = { readonly detail: string; readonly mend?: string; readonly isWarning?: true; readonly ms?: number };

const SLOW_HASH_MS = 2000;
const BCRYPT_COST = 12;
const ANSWER_WITHIN_MS = 1500;

/** Whether files can be written there, and nobody else on this machine can read them. Leaves no file behind. */
export async function checkFolder({ dataDir }: Config): Promise<Finding> {
  const folder = resolve(dataDir);
  const probe = join(folder, `.doctor-${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(probe, 'x', { mode: 0o600 });
  } catch (error) {
    return { detail: error instanceof Error ? error.message : String(error), mend: adviceOnFolder(error, folder) };
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
  const mode = (await stat(folder)).mode & 0o777;
  const detail = `${folder} (mode ${mode.toString(8)})`;
  const isPrivate = process.platform === 'win32' || (mode & 0o007) === 0;
  return isPrivate ? { detail } : { detail: `${detail} is open to everybody on this machine`, mend: `chmod 700 ${folder}` };
}

const adviceOnFolder = (error: unknown, folder: string): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC'
    ? `Free space on the disk of ${folder}, or move the data to a larger one.`
    : `Let the user that runs Parley write to ${folder}, or set DATA_DIR to another folder.`;

/** Looks for damage, then writes a record, reads it and removes it. */
export async function checkStore({ store, config }: OpenCore): Promise<Finding> {
  try {
    const problems = (await store.inspect?.()) ?? [];
    if (problems.length > 0)
      return { detail: `quick_check of SQLite found damage: ${problems.slice(0, 3).join('; ')}`, mend: adviceOn('damaged', config) };
    return await checkWriting(store);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { detail: error.message, mend: adviceOnStore(error, config) };
  }
}

async function checkWriting(store: Store): Promise<Finding> {
  const name = store.kind === 'mongo' ? 'MongoDB' : 'SQLite';
  const startedAt = performance.now();
  if (!(await writeAndRead(store)))
    return { detail: `${name} does not give back what was written`, mend: 'With MongoDB, let MONGODB_URL read from the primary.' };
  const undamaged = store.inspect ? '; quick_check found no damage' : '';
  return { detail: `${name} wrote, read and removed a record in ${ms(startedAt)}${undamaged}` };
}

/** Sends an event and waits until it comes back. */
export async function checkBus({ bus, config }: OpenCore): Promise<Finding> {
  const startedAt = performance.now();
  const group = newGroupId(systemRandom);
  const { promise: heard, resolve: hear } = Promise.withResolvers<true>();
  const stop = await bus.subscribe(group, (event) => event.type === 'head' && event.seq === 1 && hear(true));
  const isUp = await bus.ping().then(
    () => true,
    () => false,
  );
  bus.publish({ type: 'head', group, seq: 1 });
  const came = isUp && (await within(heard));
  stop();
  if (!came)
    return {
      detail: config.redisUrl ? 'Redis does not answer: open pages are told of messages up to 2 s late' : 'events do not pass',
      mend: 'Start Redis, or correct REDIS_URL.',
    };
  return { detail: `${config.redisUrl ? 'Redis' : 'in this process (no REDIS_URL)'}: an event came back in ${ms(startedAt)}` };
}

/** Opens a lease, looks for it, and ends it. */
export async function checkPresence({ bus }: OpenCore): Promise<Finding> {
  const group = newGroupId(systemRandom);
  const user = newUserId(systemRandom);
  await bus.presence.renew(group, user, 'doctor', 5000);
  const isThere = (await bus.presence.list(group)).has(user);
  await bus.presence.release(group, user, 'doctor');
  return isThere ? { detail: 'who is here can be told' } : { detail: 'who is here cannot be told', mend: 'See bus.' };
}

/** Makes a thumbnail of a picture of one pixel. */
export async function checkPictures({ thumbnailer }: OpenCore): Promise<Finding> {
  return (await canMakeThumbnails(thumbnailer))
    ? { detail: 'thumbnails can be made' }
    : { detail: 'no thumbnails can be made: pictures are shown as plain files', mend: THUMBNAIL_ADVICE, isWarning: true };
}

/** Log-ins take about as long as one hash. Counted is the processor's time, so that a busy moment is not taken for a slow machine. */
export async function checkPasswords(): Promise<Finding> {
  const before = process.cpuUsage();
  await openPasswords(BCRYPT_COST).hash(randomBytes(12).toString('hex'));
  const tookMs = process.cpuUsage(before).user / 1000;
  const detail = `bcrypt at cost ${BCRYPT_COST} takes ${tookMs.toFixed(0)} ms of a processor`;
  return tookMs > SLOW_HASH_MS ? { detail, mend: 'Logging in will be slow: give Parley a faster processor.' } : { detail };
}

const within = (answer: Promise<true>): Promise<boolean> =>
  Promise.race([answer, new Promise<false>((done) => void setTimeout(() => done(false), ANSWER_WITHIN_MS).unref())]);

const ms = (startedAt: number): string => `${(performance.now() - startedAt).toFixed(1)} ms`;
