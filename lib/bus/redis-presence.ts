import { asUserId } from '../ids.ts';
import type { Presence } from './port.ts';
import type { Link } from './redis-link.ts';

/*
 * A sorted set per group: members `<user>:<holder>`, scores the ms at which the lease expires, by the clock of the caller.
 * The key expires with its last lease. A user's id contains no colon.
 */
const EXPIRE = `redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])`;

const HAS_USER = `local function present(user)
  for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if string.sub(member, 1, #user + 1) == user .. ':' then return 1 end
  end
  return 0
end`;

/** ARGV: now, user, holder, lease in ms. Returns whether the user was present; a renewal does not scan the other leases. */
const RENEW = `${HAS_USER}
${EXPIRE}
local own = ARGV[2] .. ':' .. ARGV[3]
local was = redis.call('ZSCORE', KEYS[1], own) and 1 or present(ARGV[2])
redis.call('ZADD', KEYS[1], ARGV[1] + ARGV[4], own)
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return was`;

/** ARGV: now, user, holder. Returns whether the user is present now. */
const RELEASE = `${HAS_USER}
${EXPIRE}
redis.call('ZREM', KEYS[1], ARGV[2] .. ':' .. ARGV[3])
return present(ARGV[2])`;

/** ARGV: now. */
const LIST = `${EXPIRE}
return redis.call('ZRANGE', KEYS[1], 0, -1)`;

/** Presence shared by all processes. While Redis is down, renewals and releases report no change and the list is empty. */
export function openRedisPresence(link: Link, prefix: string, now: () => number): Presence {
  const run = (source: string, group: string, ...args: (string | number)[]): Promise<unknown> =>
    link.script(source, [`${prefix}:{${group}}:presence`], [now(), ...args]).catch(() => undefined);
  return {
    renew: async (group, user, holder, leaseMs) => (await run(RENEW, group, user, holder, leaseMs)) === 0,
    release: async (group, user, holder) => (await run(RELEASE, group, user, holder)) === 0,
    list: async (group) => {
      const members = await run(LIST, group);
      return new Set(Array.isArray(members) ? members.map((member) => asUserId(String(member).split(':', 1)[0] ?? '')) : []);
    },
  };
}
