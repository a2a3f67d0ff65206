import { randomBytes } from 'node:crypto';
import { type OnFault, type StoreFault, StoreUnavailable } from '../errors.ts';
import { isOutOfHandles } from '../file-handles.ts';
import type { Logger } from '../logger.ts';
import type { Store } from './port.ts';

/** Whether posts can be stored. `cause`: the store's error message when they cannot. */
export type StoreState = { readonly isUp: boolean; readonly cause?: string; readonly fault?: StoreFault };

export type StoreHealth = {
  readonly onFault: OnFault;
  /** Why writes fail now; undefined when they do not, as far as is known. */
  reason(): StoreFault | undefined;
  /** Reads, also writes a record when the last write failed or is older than 30 s, and asks whether files can be opened. Never rejects. */
  check(store: Store): Promise<StoreState>;
};

/** Permanent faults: only a restart with a good file ends them, even if single reads and writes succeed. */
const LASTING: ReadonlySet<StoreFault> = new Set(['damaged', 'truncated', 'notDatabase']);
/** Some writes succeed on a full disk, and some do not. */
const RECURRING: ReadonlySet<StoreFault> = new Set(['full', 'denied', 'handles', 'io']);
const RECURS_WITHIN_MS = 10_000;
/** Interval of test writes while nothing fails. */
const WRITE_AGAIN_AFTER_MS = 30_000;
/** Minimum interval between log lines for the same failure. */
const LOG_AGAIN_AFTER_MS = 60_000;

/**
 * Tracks the reads and writes of one store. Logs the first failure of each kind with its cause, and the recovery.
 * `now`: ms of a monotonic clock.
 */
export function storeHealth(log: Logger, now = (): number => performance.now()): StoreHealth {
  let fault: StoreUnavailable | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let wroteAt = Number.NEGATIVE_INFINITY;
  let writing: Promise<boolean> | undefined;
  const loggedAt = new Map<StoreFault, number>();

  function onFault(error: StoreUnavailable): void {
    if (error.fault === 'closed') return;
    if (!fault || !LASTING.has(fault.fault)) fault = error;
    failedAt = now();
    if (failedAt - (loggedAt.get(error.fault) ?? Number.NEGATIVE_INFINITY) < LOG_AGAIN_AFTER_MS) return;
    loggedAt.set(error.fault, failedAt);
    log.error({ fault: error.fault, reason: error.message }, 'the store failed');
  }

  function write(store: Store): Promise<boolean> {
    const startedAt = now();
    writing ??= writeAndRead(store)
      .then((isKept) => {
        if (isKept) wroteAt = startedAt;
        return isKept;
      })
      .catch(() => false)
      .finally(() => {
        writing = undefined;
      });
    return writing;
  }

  async function isWritable(store: Store): Promise<boolean> {
    if (fault && LASTING.has(fault.fault)) return false;
    if (fault && RECURRING.has(fault.fault) && now() - failedAt < RECURS_WITHIN_MS) return false;
    return (failedAt < wroteAt && now() - wroteAt < WRITE_AGAIN_AFTER_MS) || write(store);
  }

  async function check(store: Store): Promise<StoreState> {
    if (isOutOfHandles()) onFault(new StoreUnavailable('This process has no free file handle.', { fault: 'handles' }));
    const isUp = await store.ping().then(
      () => isWritable(store),
      () => false,
    );
    if (!isUp) return fault ? { isUp, cause: fault.message, fault: fault.fault } : { isUp };
    if (fault) log.info({ fault: fault.fault }, 'the store takes writes again');
    fault = undefined;
    return { isUp };
  }

  const isRecent = (): boolean => now() - failedAt < RECURS_WITHIN_MS;
  const reason = (): StoreFault | undefined => (fault && (LASTING.has(fault.fault) || isRecent()) ? fault.fault : undefined);
  return { onFault, check, reason };
}

/** Writes, reads and removes a record. Resolves to whether it was found. Errors: StoreUnavailable. */
export async function writeAndRead({ sessions }: Pick<Store, 'sessions'>): Promise<boolean> {
  const hash = randomBytes(32).toString('hex');
  const now = Date.now();
  await sessions.set({ hash, userId: null, data: '{"probe":true}', expiresAt: now + 3_600_000 });
  const found = await sessions.get(hash, now);
  await sessions.destroy(hash);
  return found?.data === '{"probe":true}';
}
