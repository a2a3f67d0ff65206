import { randomUUID } from 'node:crypto';
import type { Filter } from 'mongodb';
import type { UserStore } from '../../accounts/port.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { UserId } from '../../ids.ts';
import type { Collections, UserRow } from './collections.ts';

/** Longer than a step-down takes: a process that announced one longer ago has died, or will find its mark removed. */
const ANNOUNCED_MS = 60_000;
const TRIES = 50;

const none: Filter<UserRow> = { $or: [{ admin: false }, { disabled: true }] };

/**
 * Without a transaction over two documents, a step-down is announced first, then another administrator is looked for, and only then is it done, while the
 * mark still exists. Of two at once, each announces before it looks, so at least one sees the other's mark.
 */
export function stepDownIn({ users }: Collections): UserStore['stepDown'] {
  type Patch = Parameters<UserStore['stepDown']>[1];
  const byId = (id: UserId): Filter<UserRow> => ({ _id: { $eq: id } });
  const marked = (id: UserId, token: string): Filter<UserRow> => ({ ...byId(id), 'ceding.token': token });

  /** The token of this user's step-down; undefined when another process has just changed it. */
  async function announce(id: UserId, { ceding }: UserRow): Promise<string | undefined> {
    if (ceding && ceding.at > Date.now() - ANNOUNCED_MS) return ceding.token; // already under way: the first to finish does it for both
    const token = randomUUID();
    const unchanged: Filter<UserRow> = ceding ? marked(id, ceding.token) : { ...byId(id), ceding: { $exists: false } };
    const { matchedCount } = await users.updateOne(unchanged, { $set: { ceding: { token, at: Date.now() } } });
    return matchedCount === 1 ? token : undefined;
  }

  /** Whether another administrator stays. */
  async function anotherStays(id: UserId): Promise<boolean> {
    for (const { _id, ceding } of await users.find({ _id: { $ne: id }, admin: true, disabled: false }).toArray()) {
      if (!ceding) return true;
      if (ceding.at > Date.now() - ANNOUNCED_MS) continue;
      if ((await users.updateOne(marked(_id, ceding.token), { $unset: { ceding: '' } })).matchedCount === 1) return true;
    }
    return false;
  }

  async function attempt(id: UserId, patch: Patch): Promise<'done' | 'missing' | 'last' | 'again'> {
    if ((await users.updateOne({ ...byId(id), ...none }, { $set: patch })).matchedCount === 1) return 'done';
    const row = await users.findOne(byId(id));
    if (!row) return 'missing';
    const token = await announce(id, row);
    if (token === undefined) return 'again';
    const stays = await anotherStays(id);
    const { matchedCount } = await users.updateOne(marked(id, token), { ...(stays ? { $set: patch } : {}), $unset: { ceding: '' } });
    if (matchedCount === 0) return 'again';
    return stays ? 'done' : 'last';
  }

  return async (id, patch) => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const outcome = await attempt(id, patch);
      if (outcome !== 'again') return outcome;
    }
    throw new StoreUnavailable('Too many administrators are being changed at once.');
  };
}
