import test from 'ava';
import { makeWorld } from '../../../fixtures/world.ts';
import { erase, post, unerase } from '../../../lib/messages/operations.ts';
import { startServerFor } from '../../helpers/server.ts';

test('campfire: X-Total-Count excludes erased messages; an unknown cursor is 404, an erased one is not', async (t) => {
  const site = await startServerFor(t, { env: { POSTS_PER_SECOND: '0' } });
  const { ann: user, team: group, echo } = await makeWorld(site.core);
  const at = { user, group, membership: await site.core.store.memberships.get(group.id, user.id) };
  const list = (query = '') => site.client().get(`/rooms/${group.number}/${echo.campfire}/messages${query}`, '*/*');
  const total = async (): Promise<string | null> => (await list()).headers.get('x-total-count');
  const ids: number[] = [];
  for (const body of ['one', 'two', 'three']) ids.push((await post(site.core, at, { body })).message.seq);
  const [first = 0, second = 0] = ids;
  t.is(await total(), '3');
  await erase(site.core, at, first);
  await erase(site.core, at, second);
  t.is(await total(), '1');
  await unerase(site.core, at, second);
  t.is(await total(), '2');

  const system = ids.includes(first - 1) ? 0 : first - 1; // who came before the first message
  const { seq: last } = await site.core.store.log.head(group.id);
  for (const cursor of [`before=${last + 1}`, `after=${last + 1}`, `after=${last}`, `before=${system}`, `after=${system}`, 'before=0']) {
    const answer = await list(`?${cursor}`);
    t.deepEqual([answer.status, answer.json().code], [404, 'notFound'], cursor);
  }
  const idsOf = async (query: string): Promise<number[]> => (await list(query)).json<{ id: number }[]>().map(({ id }) => id);
  t.deepEqual(await idsOf(`?after=${first}`), ids.slice(1), 'after an erased message');
  t.deepEqual(await idsOf(`?before=${second}`), []);
  t.deepEqual(await idsOf('?after=0'), ids.slice(1));
});
