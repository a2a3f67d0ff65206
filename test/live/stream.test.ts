import test from 'ava';
import { openLobby } from '../helpers/fixtures.ts';
import { EventReader } from '../helpers/stream.ts';

test("streams: a message posted by one member arrives in another's stream once and in order", async (t) => {
  const { ann, bob } = await openLobby(t);
  const stream = await EventReader.open(bob, '/groups/lobby/events?after=0&as=json');
  t.teardown(() => stream.close());
  for (const body of ['one', 'two', 'three']) await ann.json('POST', '/groups/lobby/messages', { body });
  await stream.until((events) => events.length === 5);
  t.deepEqual(stream.ids, [1, 2, 3, 4, 5]);
  t.deepEqual(
    stream.events.slice(2).map(({ data }) => JSON.parse(data).body),
    ['one', 'two', 'three'],
  );
});
