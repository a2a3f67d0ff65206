import type { Bus } from '../bus/port.ts';
import type { Appender, Core, Decide } from '../core.ts';
import { unavailable } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import { clockWarning } from './clock-warning.ts';
import type { Draft, Entry } from './entry.ts';
import { type Pending, rejectPending, Writer } from './writer.ts';

/** Past this many, writers with nothing to do are forgotten; they only remember where their log ends. */
const MAX_WRITERS = 10_000;
const GIVE_UP_MS = 2000;

type Dependencies = Pick<Core, 'store' | 'now' | 'logger' | 'meters'> &
  Partial<Pick<Core, 'webhookCalls'>> & { readonly bus: Pick<Bus, 'publish'> };

/**
 * One queue per group: while a batch is being written the next gathers, then goes as one append (group commit).
 * See Writer for what makes it exact.
 */
export function openAppender(parts: Dependencies): Appender {
  const writers = new Map<GroupId, Writer>();
  const warnAhead = clockWarning(parts);

  const writerOf = (group: GroupId): Writer => {
    const known = writers.get(group);
    if (known) return known;
    if (writers.size >= MAX_WRITERS) for (const [id, writer] of writers) if (!writer.running) writers.delete(id);
    const writer = new Writer(group, parts);
    writers.set(group, writer);
    return writer;
  };

  const append = (group: GroupId, draft: Draft, decide?: Decide, asOf?: number): Promise<Entry> => {
    const { promise, resolve, reject } = Promise.withResolvers<Entry>();
    const askedAt = performance.now();
    const done = (entry: Entry): void => {
      parts.meters.appendSeconds.observe((performance.now() - askedAt) / 1000);
      warnAhead(entry);
      resolve(entry);
    };
    const pending: Pending = { draft, decide, resolve: done, reject, decidedAt: asOf, isUncertain: false, isSettled: false };
    writerOf(group).push(pending);
    // By the clock, since the store may leave an attempt unanswered; but after what it answered while this process was held up.
    const timer = setTimeout(() => setImmediate(() => rejectPending(pending, unavailable())), GIVE_UP_MS);
    return promise.finally(() => clearTimeout(timer));
  };

  const idle = async (): Promise<void> => {
    await Promise.all([...writers.values()].map((writer) => writer.running));
  };

  return { append, idle };
}
