import { hash } from 'node:crypto';
import type { Core } from '../../core.ts';
import type { UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { Delivery } from './deliveries-port.ts';
import { eventNameOf } from './rules.ts';

const AT_ONCE = 100;

/**
 * Creates the deliveries of pending log entries. Safe to run concurrently, repeatedly and after a crash: a delivery's id is derived from its entry
 * and bot, and an entry is pending until all its deliveries are stored.
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

/** Due at once, even if the clock of the process that wrote the entry is ahead. */
const deliveryOf = (entry: Entry, bot: UserId, now: number): Delivery => ({
  id: deliveryId(entry.uid, bot),
  bot,
  group: entry.group,
  seq: entry.seq,
  message: entry.kind === 'message' ? entry.seq : 'target' in entry ? entry.target : null,
  event: eventNameOf(entry),
  due: Math.min(entry.at, now),
  createdAt: entry.at,
  ...NEW,
});

/** The initial state of a delivery. */
export const NEW = { reply: null, state: 'waiting', reason: null, tries: 0, attempts: [], finishedAt: null, rev: 1 } as const;

/** The id of the delivery of an entry to a bot. It does not reveal the entry's uid. */
export const deliveryId = (uid: string, bot: UserId): string => `msg_${hash('sha256', `${uid}/${bot}`, 'hex').slice(0, 32)}`;
