import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { eventually } from '../helpers/eventually.ts';
import { bodiesFor } from '../helpers/fixtures.ts';
import { Clock, startServerFor } from '../helpers/server.ts';
import { freshDatabase, present, redisService, type Service } from '../helpers/services.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { LOBBY } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';
import { append, begin, commit, DRAFTS, endsIn, hasEnd, hasRow, openDrafting, says, statesIn } from './drafting.ts';

const { mongo, redis, shared } = await sharedServices(test);

/** Two servers on one database and one Redis; `bot2`, `read2`: at the second. */
async function openPair(t: ExecutionContext, ownRedis?: Service) {
  const env = { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: (ownRedis ?? present(redis)).url };
  const clock = new Clock();
  const site = await openDrafting(t, { env, clock });
  const second = await startServerFor(t, { env: { ...env, POSTS_PER_SECOND: '0' }, clock });
  const read2 = async (query = ''): Promise<EventReader> => {
    const reader = await EventReader.open(site.bob.at(second.url), `${LOBBY}/events${query}`);
    t.teardown(() => reader.close());
    return reader;
  };
  return { ...site, second, bot2: site.bot.at(second.url), read2 };
}

shared('two servers: a draft is begun, written and posted at either, and seen at both', async (t) => {
  const { ann, bot, bot2, stream, read2 } = await openPair(t);
  const readers = [await stream(ann, '?as=json&drafts=1'), await read2('?as=json&drafts=1')];
  const page = await read2();
  const draft = await begin(bot, { body: 'a', format: 'markdown' });
  for (const reader of readers) await reader.until(says('a'));
  t.is((await append(bot2, draft, 'b')).status, 200);
  t.is((await append(bot, draft, '**c**')).status, 200);
  for (const reader of readers) await reader.until(says('ab**c**'));
  await page.until(hasRow(draft, 'ab<b>c</b>'));
  const late = await read2('?as=json&drafts=1');
  await late.until(says('ab**c**'));
  const answers = await Promise.all([commit(bot, draft), commit(bot2, draft), commit(bot2, draft, { body: 'another text' })]);
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 201]);
  t.is(new Set(answers.map((answer) => answer.json<{ seq: number }>().seq)).size, 1);
  for (const reader of [...readers, late]) {
    await reader.until((events) => endsIn(events).length > 0);
    t.is(reader.events.at(-1)?.event, 'draft_end', 'nothing of it comes back');
  }
  await page.until(hasEnd(draft));
  t.is((await append(bot2, draft, 'late')).status, 410);
  t.is((await bodiesFor(ann)).length, 1);
});

shared('two servers: concurrent updates are all there', async (t) => {
  const { bot, bot2 } = await openPair(t);
  const draft = await begin(bot);
  const answers = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((letter, n) => append(n % 2 === 0 ? bot : bot2, draft, letter)));
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  const { body } = (await commit(bot2, draft)).json<{ body: string }>();
  t.is([...body].toSorted().join(''), 'abcdef');
});

shared('two servers: what another program writes into Redis is neither shown nor posted', async (t) => {
  const { core, ann, bot, lobby, stream, second } = await openPair(t);
  const reader = await stream(ann, '?as=json&drafts=1');
  const draft = await begin(bot, { body: 'genuine' });
  await reader.until(says('genuine'));
  const enemy = new Redis(present(redis).url);
  t.teardown(() => enemy.disconnect());
  const key = `parley-${await core.store.settings.get('installation')}:{${lobby.id}}:texts`;
  const [[field = '', value = ''] = []] = Object.entries(await enemy.hgetall(key));
  t.regex(value, /"body":"genuine"/);
  await enemy.hset(key, field, value.replace('genuine', 'forged!'));
  await enemy.hset(key, field.replace(/.{16}$/, 'f'.repeat(16)), value);
  core.bus.publish({ type: 'draft', group: lobby.id, user: field.split(':')[0] as never, id: field.split(':')[1] ?? '' });
  await reader.until((events) => endsIn(events).length > 0);
  t.is((await commit(bot, draft)).status, 410);
  const late = await EventReader.open(ann.at(second.url), `${LOBBY}/events?as=json&drafts=1`);
  t.teardown(() => late.close());
  const next = await begin(bot, { body: 'the next' });
  await late.until(says('the next'));
  t.is(statesIn(late.events).length, 1);
  t.truthy(next);
  t.true(core.meters.busRefused.forged + second.core.meters.busRefused.forged > 0);
});

shared('two servers: without Redis drafts are refused, and a commit with its text posts once; then they go on', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(() => own.stop());
  const { core, ann, bot, bot2, stream } = await openPair(t, own);
  const reader = await stream(ann, '?as=json&drafts=1');
  const draft = await begin(bot, { body: 'half' });
  await reader.until(says('half'));
  await own.kill('SIGKILL');
  await eventually(() => !core.bus.isUp());
  for (const answer of [
    await bot.json('POST', DRAFTS, {}),
    await append(bot, draft, '!'),
    await commit(bot, draft),
    await bot.json('DELETE', draft),
  ]) {
    t.is(answer.status, 503);
    t.not(answer.headers.get('retry-after'), null);
    t.regex(answer.json<{ detail: string }>().detail, /^Drafts need Redis, which does not answer\. A commit with the complete text/);
  }
  const first = await commit(bot, draft, { body: 'half and half' });
  t.is(first.status, 201);
  t.is((await commit(bot, draft)).status, 200, 'the store knows what it became');
  const again = await commit(bot2, draft, { body: 'half and half' });
  t.deepEqual([again.status, again.json<{ seq: number }>().seq], [200, first.json<{ seq: number }>().seq]);
  await reader.until((events) => endsIn(events).length > 0);
  await own.restart();
  await eventually(async () => (await bot.json('POST', DRAFTS, { body: 'as before' })).status === 201);
  await reader.until(says('as before'));
  t.deepEqual(await bodiesFor(ann), ['half and half']);
});
