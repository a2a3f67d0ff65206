import { setTimeout as delay } from 'node:timers/promises';
import type { Conversion } from '../core.ts';
import { StoreUnavailable } from '../errors.ts';
import { everyGroup } from '../groups/every-group.ts';
import { randomId, systemRandom } from '../ids.ts';
import type { Logger } from '../logger.ts';
import { TERMS_VERSION } from '../search/port.ts';
import type { Store } from '../store/port.ts';
import { convert, readProgress } from './conversion.ts';
import type { Encryption } from './open.ts';

/** Another process that has not saved its progress for this long has died. */
const LEASE_MS = 60_000;
const AGAIN_MS = 10_000;
/** Sleeps this many times the work time, so that requests hardly notice. */
const SLEEP_FACTOR = 3;

type Dependencies = { readonly encryption: Encryption; readonly store: Store; readonly logger: Logger; readonly now: () => number };

/** One process at a time converts; when it dies, another goes on where it was. `store`: with decryption. */
export function openConversion({ encryption, store, logger, now }: Dependencies): Conversion {
  const { raw, keyring } = encryption;
  const by = randomId(systemRandom);
  const stopped = new AbortController();
  let running: Promise<void> | undefined;
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { ref: false, signal: stopped.signal });

  async function convertUnlessDone(): Promise<boolean> {
    const progress = await readProgress(raw);
    const isOurs = progress?.key === keyring.newest;
    if (isOurs && progress.stage === 'done') return true;
    if (isOurs && progress.by !== by && now() - progress.at < LEASE_MS) return false;
    logger.info({ newest: keyring.newest }, 'encrypting what was stored before the newest key of ENCRYPTION_KEYS');
    let since = performance.now();
    const step = async (): Promise<void> => {
      await pause(SLEEP_FACTOR * Math.max(0, performance.now() - since));
      since = performance.now();
    };
    await convert(raw, keyring, progress, { step, by, now, onDamage: encryption.onDamage });
    logger.info({ newest: keyring.newest }, 'everything is encrypted with the newest key of ENCRYPTION_KEYS');
    return true;
  }

  async function run(): Promise<void> {
    let isConverted = false;
    while (!stopped.signal.aborted)
      try {
        isConverted ||= await convertUnlessDone();
        encryption.search.isMixed &&= !(await isIndexed(store));
        if (isConverted && !encryption.search.isMixed) return;
        await pause(AGAIN_MS);
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (!(error instanceof StoreUnavailable)) logger.error({ err: error }, 'encrypting what is stored failed; it is tried again');
        await pause(AGAIN_MS).catch(() => {});
      }
  }

  return {
    start: () => {
      running ??= run().catch(() => {}); // stopped
    },
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
}

/** Whether the search index has every message under the newest key. */
export async function isIndexed(store: Store): Promise<boolean> {
  for await (const { id } of everyGroup(store)) {
    const [head, positions] = [await store.log.head(id), await store.search.positions([id], TERMS_VERSION)];
    if ((positions.get(id) ?? 0) < head.seq) return false;
  }
  return true;
}
