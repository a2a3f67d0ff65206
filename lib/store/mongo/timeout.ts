import { MongoServerError } from 'mongodb';
import { type OnFault, StoreUnavailable } from '../../errors.ts';
import { currentRequest } from '../../request-scope.ts';
import { DUPLICATE } from './bulk-errors.ts';
import { tooLate, unavailableBy } from './faults.ts';

/**
 * Waits at most `timeoutMs` for the server. Rejects with StoreUnavailable, which names the cause, when the driver or the server fails or on timeout
 * (the operation may still be carried out); any other error is a bug and passes through.
 * The driver's limits apply to one attempt; this one applies to all attempts together, so a frozen server cannot block a caller.
 * Within a request, the limit is the time left of the request's total; after that nothing is sent.
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

/** Wraps every method in `answer`, so that none can be forgotten. Calls `onFault` for each failure. */
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
