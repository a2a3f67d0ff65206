import type { SharedLimits } from './port.ts';
import type { Link } from './redis-link.ts';

/*
 * A bucket is a hash: `left` tokens at `at` (ms since the epoch). It expires when it would be full, so a full bucket has no key. The time is that of
 * the Redis server: the clocks of the processes differ. Numbers are formatted, since Lua prints large ones with 14 digits.
 * ARGV: whether all or none are taken, then for each key tokens, perSecond, burst. Returns for each key whether they were taken, and what is left.
 */
const TAKE = `local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local answers = {}
for i, key in ipairs(KEYS) do
  local tokens, perSecond, burst = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local known = redis.call('HMGET', key, 'left', 'at')
  local left = tonumber(known[1] or burst)
  left = math.min(burst, left + math.max(0, now - (known[2] or now)) / 1000 * perSecond)
  local isTaken = ARGV[1] == '0' or left >= tokens
  if isTaken then
    left = math.max(-burst, math.min(burst, left - tokens))
    if left >= burst then
      redis.call('DEL', key)
    else
      redis.call('HSET', key, 'left', string.format('%.6f', left), 'at', string.format('%.0f', now))
      redis.call('PEXPIRE', key, math.ceil((burst - left) / perSecond * 1000))
    end
  end
  answers[2 * i - 1] = isTaken and 1 or 0
  answers[2 * i] = string.format('%.6f', left)
end
return answers`;

/*
 * A hash: holder → `<count> <ms at which its lease ends>`. ARGV: holder, count, lease in ms.
 */
const COUNT = `local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local others = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local count, ends = string.match(all[i + 1], '(%d+) (%d+)')
  if tonumber(ends) <= now then redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= ARGV[1] then others = others + count end
end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now + ARGV[3]))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return others`;

/** Limits shared by all processes through Redis; each name is one key. All buckets are in one slot of a cluster, so that one script takes from several. */
export function openRedisLimits(link: Pick<Link, 'script'>, prefix: string): SharedLimits {
  return {
    take: async (takes, allOrNone) => {
      const keys = takes.map(({ bucket }) => `${prefix}:{buckets}:${bucket}`);
      const numbers = takes.flatMap(({ tokens, perSecond, burst }) => [tokens, perSecond, burst]);
      const answer = await link.script(TAKE, keys, [allOrNone ? 1 : 0, ...numbers]);
      if (!Array.isArray(answer)) throw new Error('Redis answered in another form');
      return takes.map((_, i) => ({ isTaken: answer[2 * i] === 1, left: Number(answer[2 * i + 1]) }));
    },
    count: async (name, holder, count, leaseMs) =>
      Number(await link.script(COUNT, [`${prefix}:count:{${name}}`], [holder, count, leaseMs])),
  };
}
