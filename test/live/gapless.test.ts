import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { LOBBY, numbers, openSite } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';

const STREAMS = 20;
const LAST = 400;

test('streams: clients that connect, disconnect and reconnect under load receive every entry once and in order', async (t) => {
  const { bob, post } = await openSite(t, { env: { STREAMS_PER_USER: '0' } });

  /** Reconnects with Last-Event-ID after every few entries, until the last one. */
  const follow = async (index: number): Promise<number[]> => {
    const ids: number[] = [];
    for (let round = 0; (ids.at(-1) ?? 0) < LAST; round += 1) {
      const patience = 1 + ((index * 7 + round * 13) % 60);
      const from = ids.at(-1) ?? 0;
      const reader = await EventReader.open(bob, `${LOBBY}/events?as=json&after=0`, from > 0 ? { 'Last-Event-ID': String(from) } : {});
      await reader.until(() => reader.ids.length >= patience || reader.ids.at(-1) === LAST);
      ids.push(...reader.ids);
      reader.close();
    }
    return ids;
  };
  const posting = async (): Promise<void> => {
    for (let seq = 3; seq <= LAST; ) {
      const burst = numbers(seq, Math.min(LAST, seq + (seq % 5)));
      await post(...burst.map(String));
      seq += burst.length;
    }
  };
  const [, ...seen] = await Promise.all([posting(), ...numbers(1, STREAMS).map(follow)]);
  for (const ids of seen) t.deepEqual(ids, numbers(1, LAST));
});

test('streams: html, json and text streams that stay open under concurrent posts miss nothing', async (t) => {
  const { bob, ann, post, stream } = await openSite(t);
  const readers = await Promise.all(['?after=0', '?as=json&after=0', '?after=2'].map((query) => stream(bob, query)));
  await Promise.all([
    ...numbers(1, 40).map((i) => ann.json('POST', `${LOBBY}/messages`, { body: `a ${i}` })),
    ...numbers(1, 40).map((i) => bob.json('POST', `${LOBBY}/messages`, { body: `b ${i}` })),
    post(...numbers(1, 120).map(String)),
  ]);
  for (const [index, reader] of readers.entries()) {
    await reader.until(() => reader.ids.at(-1) === 202);
    t.deepEqual(reader.ids, numbers(index === 2 ? 3 : 1, 202));
  }
});

test('streams: a client that connects while the last stream of its group ends misses nothing', async (t) => {
  const { server, bob, post } = await openSite(t);
  const ids: number[] = [];
  let last = 2;
  for (let round = 0; round < 40; round += 1) {
    const reader = await EventReader.open(bob, `${LOBBY}/events?as=json&after=${ids.at(-1) ?? 2}`);
    const posting = post('x', 'y');
    last += 2;
    await reader.until(() => reader.ids.length > 0);
    ids.push(...reader.ids);
    reader.close(); // and the next round opens while this one is being closed
    await posting;
  }
  const reader = await EventReader.open(bob, `${LOBBY}/events?as=json&after=${ids.at(-1)}`);
  if (ids.at(-1) !== last) await reader.until(() => reader.ids.at(-1) === last);
  t.deepEqual([...ids, ...reader.ids], numbers(3, last));
  reader.close();
  await eventually(() => server.hub.streams === 0);
});
