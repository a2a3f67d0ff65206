import type { Bus } from '../bus/port.ts';
import type { Appender, Core, Decide } from '../core.ts';
import { type StoreFault, unavailable, unavailableText } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import { currentRequest, STORE_WAIT_MS } from '../request-scope.ts';
import { clockWarning } from './clock-warning.ts';
import type { Draft, Entry } from './entry.ts';
import { type Pending, rejectPending } from './pending.ts';
import { Writer } from './writer.ts';

/** Above this number, idle writers are deleted; they only cache the head of their log. */
const MAX_WRITERS = 10_000;

type Dependencies = Pick<Core, 'store' | 'now' | 'logger' | 'meters'> &
  Partial<Pick<Core, 'webhookCalls' | 'storeWaitMs'>> & {
    readonly bus: Pick<Bus, 'publish'>;
    /** Why writes fail, as far as is known. */
    readonly reason?: () => StoreFault | undefined;
  };

/**
 * One queue per group: while a batch is written the next one collects and is then written with one append (group commit).
 * Writer explains why no entry is lost or written twice.
 */
export function openAppender(dependencies: Dependencies): Appender {
  const writers = new Map<GroupId, Writer>();
  const { storeWaitMs = STORE_WAIT_MS, reason = () => undefined } = dependencies;
  const refusal = () => unavailable(unavailableText(reason()));
  const warnIfAhead = clockWarning(dependencies);

  const writerOf = (group: GroupId): Writer => {
    const known = writers.get(group);
    if (known) return known;
    if (writers.size >= MAX_WRITERS) for (const [id, writer] of writers) if (!writer.running) writers.delete(id);
    const writer = new Writer(group, dependencies);
    writers.set(group, writer);
    return writer;
  };

  const append = (group: GroupId, draft: Draft, decide?: Decide, asOf?: number): Promise<Entry> => {
    const wait = currentRequest()?.storeWait;
    const limitMs = wait?.limit(storeWaitMs) ?? storeWaitMs;
    if (limitMs <= 0) return Promise.reject(refusal());
    const { promise, resolve, reject } = Promise.withResolvers<Entry>();
    const endWait = wait?.begin();
    const startedAt = performance.now();
    const done = (entry: Entry): void => {
      dependencies.meters.appendSeconds.observe((performance.now() - startedAt) / 1000);
      warnIfAhead(entry);
      resolve(entry);
    };
    const pending: Pending = { draft, decide, resolve: done, reject, decidedAt: asOf, isUncertain: false, isSettled: false };
    writerOf(group).push(pending);
    // A timer, because the store may never answer; setImmediate, so that answers that arrived while this process was blocked are handled first.
    const timer = setTimeout(() => setImmediate(() => rejectPending(pending, refusal())), limitMs);
    return promise.finally(() => {
      clearTimeout(timer);
      endWait?.();
    });
  };

  const idle = async (): Promise<void> => {
    await Promise.all([...writers.values()].map((writer) => writer.running));
  };

  return { append, idle };
}
