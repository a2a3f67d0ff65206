import { MongoServerError } from 'mongodb';
import { type OnFault, StoreUnavailable } from '../../errors.ts';
import { currentRequest } from '../../request-scope.ts';
import { DUPLICATE } from './bulk-errors.ts';
import { tooLate, unavailableBy } from './faults.ts';

/**
 * Waits for an answer of the server for `timeoutMs` at most. Rejects with StoreUnavailable when the driver or the server fails or the time is up
 * (what was asked may still be carried out), which names the cause; any other error is a bug and passes.
 * The driver's own limits hold for one attempt; this one holds for all attempts together, so that a frozen server cannot hold a caller up.
 * Within a request the limit is what is left of the time that all its calls have together; once that is up, nothing is asked any more.
 */
export async function answer<T>(ask: () => Promise<T>, timeoutMs: number): Promise<T> {
  const wait = currentRequest()?.storeWait;
  const limitMs = wait?.limit(timeoutMs) ?? timeoutMs;
  if (limitMs <= 0) throw tooLate(timeoutMs);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(tooLate(timeoutMs)), limitMs);
  const endWait = wait?.begin();
  try {
    return await Promise.race([ask(), late.promise]);
  } catch (error) {
    throw unavailableBy(error) ?? error;
  } finally {
    clearTimeout(timer);
    endWait?.();
  }
}

/** The same methods, each under `answer`: said in one place, so that no method can forget it. `onFault` is told of each failure. */
export function guarded<T extends object>(methods: T, timeoutMs: number, onFault: OnFault): T {
  return new Proxy(methods, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) =>
        answer(async () => Reflect.apply(method, target, args), timeoutMs).catch((error) => {
          if (error instanceof StoreUnavailable) onFault(error);
          throw error;
        });
    },
  });
}

/** Whether a unique index refused the write; with `field`, whether the index on that field did. */
export function isDuplicate(error: unknown, field?: string): boolean {
  if (!(error instanceof MongoServerError) || error.code !== DUPLICATE) return false;
  return field === undefined || field in (error.keyPattern ?? {});
}
