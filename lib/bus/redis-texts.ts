import { asUserId, type GroupId } from '../ids.ts';
import type { Envelopes } from './envelopes.ts';
import type { SharedText, SharedTexts, TextName } from './port.ts';
import type { Link } from './redis-link.ts';

/*
 * A hash per group: `<owner>:<name>` → `<ms at which the lease ends> <version> <text>`, by the clock of the Redis server, since those of the processes
 * differ. The key expires with its last lease. An owner's id contains no colon.
 */
const LIVE = `local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function live(value)
  local ends, version, from = string.match(value or '', '^(%d+) (%d+) ()')
  if ends and tonumber(ends) > now then return version, string.sub(value, from) end
end`;

/** ARGV: field, …, text (3rd), lease in ms (4th). */
const keep = (
  version: string,
): string => `redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %d ', now + ARGV[4], ${version}) .. ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end`;

/** ARGV: field, its start with all of its owner, text, lease, how many a group may have, how many an owner. Returns `added`, or whose limit refuses it. */
const ADD = `${LIVE}
local all, own = 0, 0
local found = redis.call('HGETALL', KEYS[1])
for i = 1, #found, 2 do
  if not live(found[i + 1]) then
    redis.call('HDEL', KEYS[1], found[i])
  else
    all = all + 1
    if string.sub(found[i], 1, #ARGV[2]) == ARGV[2] then own = own + 1 end
  end
end
if own >= tonumber(ARGV[6]) then return 'owner' end
if all >= tonumber(ARGV[5]) then return 'group' end
${keep('1')}
return 'added'`;

/** ARGV: field, present version, text, lease. Returns whether it had that version. */
const REPLACE = `${LIVE}
local version = live(redis.call('HGET', KEYS[1], ARGV[1]))
if version ~= ARGV[2] then return 0 end
${keep('version + 1')}
return 1`;

/** ARGV: field. Returns field, version and text; nothing without it. */
const GET = `${LIVE}
local version, text = live(redis.call('HGET', KEYS[1], ARGV[1]))
if version then return {ARGV[1], version, text} end
return {}`;

/** Returns field, version and text of each. */
const LIST = `${LIVE}
local texts = {}
local found = redis.call('HGETALL', KEYS[1])
for i = 1, #found, 2 do
  local version, text = live(found[i + 1])
  if version then
    table.insert(texts, found[i])
    table.insert(texts, version)
    table.insert(texts, text)
  end
end
return texts`;

/** ARGV: field. Returns whether it was there. */
const REMOVE = `${LIVE}
local version = live(redis.call('HGET', KEYS[1], ARGV[1]))
redis.call('HDEL', KEYS[1], ARGV[1])
return version and 1 or 0`;

/** Texts shared by all processes. Each is signed for its group, name and version: what none of our servers has written is as if it were not there. */
export function openRedisTexts(link: Pick<Link, 'script'>, prefix: string, envelopes: Pick<Envelopes, 'seal' | 'open'>): SharedTexts {
  const keyOf = (group: GroupId): string => `${prefix}:{${group}}:texts`;
  const fieldOf = ({ owner, name }: Omit<TextName, 'group'>): string => `${owner}:${name}`;
  const placeOf = (group: GroupId, field: string, version: number): string => `${keyOf(group)} ${field} ${version}`;
  const run = (source: string, group: GroupId, ...args: (string | number)[]): Promise<unknown> => link.script(source, [keyOf(group)], args);
  const sealed = (at: TextName, text: string, version: number): string => envelopes.seal(placeOf(at.group, fieldOf(at), version), text);

  const textsIn = (group: GroupId, answer: unknown): SharedText[] => {
    if (!Array.isArray(answer)) throw new Error('Redis answered in another form');
    return Array.from({ length: Math.floor(answer.length / 3) }, (_, i) => answer.slice(3 * i, 3 * i + 3).map(String)).flatMap(
      ([field = '', version = '', sealedText = '']) => {
        const text = envelopes.open(placeOf(group, field, Number(version)), sealedText);
        const [owner = '', name = ''] = field.split(':');
        return text === undefined ? [] : [{ owner: asUserId(owner), name, version: Number(version), text }];
      },
    );
  };

  return {
    add: async (at, text, { leaseMs, most, mostOfOwner }) => {
      const limits = [leaseMs, most, mostOfOwner];
      const answer = await run(ADD, at.group, fieldOf(at), `${at.owner}:`, sealed(at, text, 1), ...limits);
      return answer === 'owner' || answer === 'group' ? answer : 'added';
    },
    replace: async (at, text, { version, leaseMs }) =>
      (await run(REPLACE, at.group, fieldOf(at), version, sealed(at, text, version + 1), leaseMs)) === 1,
    get: async (at) => textsIn(at.group, await run(GET, at.group, fieldOf(at)))[0],
    list: async (group) => textsIn(group, await run(LIST, group)),
    remove: async (at) => (await run(REMOVE, at.group, fieldOf(at))) === 1,
  };
}
