import { hash } from 'node:crypto';
import type { Core } from '../../core.ts';
import type { UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { Delivery } from './deliveries-port.ts';
import { eventOf } from './rules.ts';

const AT_ONCE = 100;

/**
 * Turns what the log says is pending into deliveries, each of its own. May run anywhere, twice, or after a crash: a delivery's id is that of its entry
 * and bot, and the log is told only once all are stored.
 */
export async function copyPending(core: Core): Promise<void> {
  for (;;) {
    const entries = await core.store.log.listPending(AT_ONCE);
    await core.store.deliveries.insert(entries.flatMap((entry) => deliveriesOf(entry, core.now())));
    await Promise.all(entries.map(({ group, seq }) => core.store.log.clearPending(group, seq)));
    if (entries.length < AT_ONCE) return;
  }
}

const deliveriesOf = (entry: Entry, now: number): Delivery[] => (entry.pending ?? []).map((bot) => deliveryOf(entry, bot, now));

/** Due at once, even where the clock of whoever wrote the entry is ahead of ours. */
const deliveryOf = (entry: Entry, bot: UserId, now: number): Delivery => ({
  id: deliveryId(entry.uid, bot),
  bot,
  group: entry.group,
  seq: entry.seq,
  message: entry.kind === 'message' ? entry.seq : 'target' in entry ? entry.target : null,
  event: eventOf(entry.kind)?.name ?? entry.kind,
  due: Math.min(entry.at, now),
  createdAt: entry.at,
  ...NEW,
});

/** What every delivery begins with. */
export const NEW = { reply: null, state: 'waiting', reason: null, tries: 0, attempts: [], finishedAt: null, rev: 1 } as const;

/** The same for the same entry and bot; nobody can tell the entry from it. */
export const deliveryId = (uid: string, bot: UserId): string => `msg_${hash('sha256', `${uid}/${bot}`, 'hex').slice(0, 32)}`;
