import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import { startOfDay } from '../text/dates.ts';
import type { Head, Message } from './entry.ts';
import type { Window } from './history.ts';

/** The first message at or after `at` (ms); undefined when there is none. Binary search, since `at` never decreases in a log: O(log n) reads. */
export async function firstSince(core: Core, group: GroupId, head: Head, at: number): Promise<Message | undefined> {
  let found: Message | undefined;
  for (let [low, high] = [1, head.n]; low <= high; ) {
    const middle = Math.floor((low + high) / 2);
    const [message] = await core.store.log.messages(group, middle, middle);
    if (!message) return found; // the log is shorter than its head
    if (message.at < at) low = middle + 1;
    else [found, high] = [message, middle - 1];
  }
  return found;
}

/** The window from the first message on or after a day (`2026-11-01`, in this time zone); the newest messages when there is none. */
export async function windowFrom(core: Core, group: GroupId, day: string, zone: string, limit: number): Promise<Window> {
  const head = await core.store.log.head(group);
  const message = await firstSince(core, group, head, startOfDay(day, zone));
  return message ? { after: message.seq - 1, limit } : { limit };
}
