import { randomUUID } from 'node:crypto';
import type { Filter } from 'mongodb';
import type { UserStore } from '../../accounts/port.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { UserId } from '../../ids.ts';
import { announceStepDown } from '../../step-down.ts';
import type { Collections, UserRow } from './collections.ts';

/** Longer than a step-down takes: a process that announced one longer ago has died, or will find its mark removed. */
const ANNOUNCED_MS = 60_000;
const TRIES = 50;

const none: Filter<UserRow> = { $or: [{ admin: false }, { disabled: true }] };

/** `stepDown` of the users by `announceStepDown`: the mark is `ceding` in the user's document, and the change is made while the mark still exists. */
export function stepDownIn({ users }: Collections): UserStore['stepDown'] {
  type Patch = Parameters<UserStore['stepDown']>[1];
  const byId = (id: UserId): Filter<UserRow> => ({ _id: { $eq: id } });
  const marked = (id: UserId, token: string): Filter<UserRow> => ({ ...byId(id), 'ceding.token': token });

  /** The token of this user's step-down; undefined when another process has just changed it. */
  async function announce(id: UserId, { ceding }: UserRow): Promise<{ readonly token: string } | undefined> {
    if (ceding && ceding.at > Date.now() - ANNOUNCED_MS) return ceding; // already under way: the first to finish does it for both
    const token = randomUUID();
    const unchanged: Filter<UserRow> = ceding ? marked(id, ceding.token) : { ...byId(id), ceding: { $exists: false } };
    const { matchedCount } = await users.updateOne(unchanged, { $set: { ceding: { token, at: Date.now() } } });
    return matchedCount === 1 ? { token } : undefined;
  }

  /** Removes the mark, and applies `patch` in the same write. False when the mark was gone. */
  async function end(id: UserId, token: string, patch?: Patch): Promise<boolean> {
    const { matchedCount } = await users.updateOne(marked(id, token), { ...(patch ? { $set: patch } : {}), $unset: { ceding: '' } });
    return matchedCount === 1;
  }

  /** Whether another administrator remains who has not announced. Removes marks that are too old. */
  async function anotherRemains(id: UserId): Promise<boolean> {
    for (const { _id, ceding } of await users.find({ _id: { $ne: id }, admin: true, disabled: false }).toArray()) {
      if (!ceding) return true;
      if (ceding.at > Date.now() - ANNOUNCED_MS) continue;
      if ((await users.updateOne(marked(_id, ceding.token), { $unset: { ceding: '' } })).matchedCount === 1) return true;
    }
    return false;
  }

  async function attempt(id: UserId, patch: Patch): Promise<'done' | 'missing' | 'last' | 'changed'> {
    if ((await users.updateOne({ ...byId(id), ...none }, { $set: patch })).matchedCount === 1) return 'done';
    const row = await users.findOne(byId(id));
    if (!row) return 'missing';
    const outcome = await announceStepDown({
      announce: () => announce(id, row),
      anotherRemains: () => anotherRemains(id),
      withdraw: ({ token }) => end(id, token),
    });
    if (outcome === 'changed' || outcome === 'last') return outcome;
    return (await end(id, outcome.token, patch)) ? 'done' : 'changed';
  }

  return async (id, patch) => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const outcome = await attempt(id, patch);
      if (outcome !== 'changed') return outcome;
    }
    throw new StoreUnavailable('Too many administrators are being changed at once.');
  };
}
