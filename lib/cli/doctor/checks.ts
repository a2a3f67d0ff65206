import { randomBytes } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openPasswords } from '../../accounts/password.ts';
import type { Config } from '../../config.ts';
import { isOpenToAll, looseIn } from '../../data-folder.ts';
import { StoreUnavailable } from '../../errors.ts';
import { canMakeThumbnails, THUMBNAIL_ADVICE } from '../../files/thumbnail-probe.ts';
import { newGroupId, newUserId, systemRandom } from '../../ids.ts';
import type { OpenCore } from '../../open-core.ts';
import { writeAndRead } from '../../store/health.ts';
import type { Store } from '../../store/port.ts';
import { adviceOn, adviceOnStore } from './store-advice.ts';

/**
 * The result of a check. Without `mend` the check passed; with `isWarning` it passed, but something should be changed. `ms`: the measured duration,
 * if the check measures one.
 */
export type Finding = { readonly detail: string; readonly mend?: string; readonly isWarning?: true; readonly ms?: number };

const SLOW_HASH_MS = 2000;
const BCRYPT_COST = 12;
const ANSWER_WITHIN_MS = 1500;

/** Checks that files can be written to the data folder and that other users of this machine cannot read them. Leaves no file behind. */
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
  return checkModes(folder);
}

async function checkModes(folder: string): Promise<Finding> {
  const mode = (await stat(folder)).mode & 0o777;
  const open = looseIn(folder).filter(isOpenToAll);
  const [first] = open;
  if (!first) return { detail: `${folder} (mode ${mode.toString(8)})` };
  const isShut = !open.some(({ path }) => path === folder);
  const detail = `${first.path} (mode ${first.mode.toString(8)}) is accessible to all users of this machine`;
  const mend = `chmod -R go-rwx ${folder} (a start of the server does that too)`;
  return isShut ? { detail: `${detail} who can enter ${folder}`, mend, isWarning: true } : { detail, mend };
}

const adviceOnFolder = (error: unknown, folder: string): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC'
    ? `Free space on the disk of ${folder}, or move the data to a larger one.`
    : `Let the user that runs Parley write to ${folder}, or set DATA_DIR to another folder.`;

/** Checks the database for damage, then writes, reads and removes a record. */
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
    return { detail: `${name} did not return the record that was written`, mend: 'With MongoDB, make MONGODB_URL read from the primary.' };
  const undamaged = store.inspect ? '; quick_check found no damage' : '';
  return { detail: `${name} wrote, read and removed a record in ${ms(startedAt)}${undamaged}` };
}

/** Publishes an event and waits until it is received. */
export async function checkBus({ bus, config }: OpenCore): Promise<Finding> {
  const startedAt = performance.now();
  const group = newGroupId(systemRandom);
  const { promise: received, resolve: onReceived } = Promise.withResolvers<true>();
  const stop = await bus.subscribe(group, (event) => event.type === 'head' && event.seq === 1 && onReceived(true));
  const isUp = await bus.ping().then(
    () => true,
    () => false,
  );
  bus.publish({ type: 'head', group, seq: 1 });
  const isReceived = isUp && (await within(received));
  stop();
  if (!isReceived)
    return {
      detail: config.redisUrl ? 'Redis does not answer: open pages get messages up to 2 s late' : 'published events are not received',
      mend: 'Start Redis, or correct REDIS_URL.',
    };
  return { detail: `${config.redisUrl ? 'Redis' : 'in this process (no REDIS_URL)'}: an event was received after ${ms(startedAt)}` };
}

/** Creates a presence lease, reads it and releases it. */
export async function checkPresence({ bus }: OpenCore): Promise<Finding> {
  const group = newGroupId(systemRandom);
  const user = newUserId(systemRandom);
  await bus.presence.renew(group, user, 'doctor', 5000);
  const isThere = (await bus.presence.list(group)).has(user);
  await bus.presence.release(group, user, 'doctor');
  return isThere ? { detail: 'presence can be stored and read' } : { detail: 'presence cannot be stored and read', mend: 'See bus.' };
}

/** Creates a thumbnail of a one-pixel image. */
export async function checkThumbnails({ thumbnailer }: OpenCore): Promise<Finding> {
  return (await canMakeThumbnails(thumbnailer))
    ? { detail: 'thumbnails can be created' }
    : { detail: 'thumbnails cannot be created: images are shown as plain files', mend: THUMBNAIL_ADVICE, isWarning: true };
}

/** A log-in takes about as long as one hash. Measures CPU time, so that other load does not count. */
export async function checkPasswords(): Promise<Finding> {
  const before = process.cpuUsage();
  await openPasswords(BCRYPT_COST).hash(randomBytes(12).toString('hex'), 'known');
  const tookMs = process.cpuUsage(before).user / 1000;
  const detail = `bcrypt at cost ${BCRYPT_COST} takes ${tookMs.toFixed(0)} ms of CPU time`;
  return tookMs > SLOW_HASH_MS ? { detail, mend: 'Log-ins will be slow. Use a faster CPU.' } : { detail };
}

const within = (answer: Promise<true>): Promise<boolean> =>
  Promise.race([answer, new Promise<false>((done) => void setTimeout(() => done(false), ANSWER_WITHIN_MS).unref())]);

const ms = (startedAt: number): string => `${(performance.now() - startedAt).toFixed(1)} ms`;
