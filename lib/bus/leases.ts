import type { GroupId, UserId } from '../ids.ts';
import type { Presence } from './port.ts';

const SWEEP_EVERY_MS = 60_000;

/** user → holder → when the lease expires (ms since the epoch) */
type Leases = Map<UserId, Map<string, number>>;

/** Presence within this process. */
export function openLeases(now: () => number): Presence {
  const groups = new Map<GroupId, Leases>();
  let sweptAt = now();

  // Without this the last leases of a group that is never opened again would stay in memory.
  const sweep = () => {
    if (now() < sweptAt + SWEEP_EVERY_MS) return;
    sweptAt = now();
    for (const group of groups.keys()) current(group);
  };
  /** The group's leases, after removing the expired ones. */
  const current = (group: GroupId): Leases => {
    const leases = groups.get(group) ?? new Map();
    for (const [user, holders] of leases) {
      for (const [holder, until] of holders) if (until <= now()) holders.delete(holder);
      if (holders.size === 0) leases.delete(user);
    }
    if (leases.size === 0) groups.delete(group);
    return leases;
  };

  return {
    renew: async (group, user, holder, leaseMs) => {
      sweep();
      const leases = current(group);
      const holders = leases.get(user);
      leases.set(user, (holders ?? new Map()).set(holder, now() + leaseMs));
      groups.set(group, leases);
      return holders === undefined;
    },
    release: async (group, user, holder) => {
      groups.get(group)?.get(user)?.delete(holder);
      return !current(group).has(user);
    },
    list: async (group) => new Set(current(group).keys()),
  };
}
