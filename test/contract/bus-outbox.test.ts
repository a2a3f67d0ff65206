import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openLocalBus } from '../../lib/bus/local.ts';
import { type OutboxRole, openOutboxBus } from '../../lib/bus/outbox.ts';
import type { Bus } from '../../lib/bus/port.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { busContract, head, listen, type Opened, posted, randomGroup } from './bus.ts';

/** A process beside others on one SQLite file. */
type Side = (role: OutboxRole) => Promise<Bus>;

async function oneFile(t: ExecutionContext): Promise<Side> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-outbox-'));
  t.teardown(() => rm(dir, { recursive: true }));
  // The polling timer does not keep a process alive.
  const port = createServer().listen(0, '127.0.0.1');
  t.teardown(() => void port.close());
  return async (role) => {
    const store = await openSqlite({ file: join(dir, 'parley.db') });
    if (!store.signals) throw new Error('SQLite has signals');
    const bus = openOutboxBus(store.signals, openLocalBus({ now: Date.now }), role);
    t.teardown(async () => {
      await bus.close();
      await store.close();
    });
    return bus;
  };
}

/** Within one process it keeps the promises of the bus it wraps. */
busContract(test, async (t): Promise<Opened> => {
  const clock = { now: 1_700_000_000_000 };
  const store = await openSqlite({ file: ':memory:' });
  if (!store.signals) throw new Error('SQLite has signals');
  const bus = openOutboxBus(store.signals, openLocalBus({ now: () => clock.now }), 'server');
  t.teardown(async () => {
    await bus.close();
    await store.close();
  });
  return { here: bus, there: bus, clock };
});

test('bus outbox: an event of a visitor reaches the subscribers of the server and of other visitors once', async (t) => {
  const side = await oneFile(t);
  const [server, visitor, other] = [await side('server'), await side('visitor'), await side('visitor')];
  const group = randomGroup();
  const ears = [await listen(server, group), await listen(visitor, group), await listen(other, group)];
  const events = [posted(group, 'from the shell'), head(group, 2)];
  for (const event of events) visitor.publish(event);
  for (const ear of ears) t.deepEqual(await ear.until(2), events);
});

test('bus outbox: close waits until published events are written', async (t) => {
  const side = await oneFile(t);
  const server = await side('server');
  const group = randomGroup();
  const ear = await listen(server, group);
  const visitor = await side('visitor');
  visitor.publish(head(group, 1));
  await visitor.close();
  t.deepEqual(await ear.until(1), [head(group, 1)]);
});

test('what the server publishes costs no row: a visitor hears only of visitors', async (t) => {
  const side = await oneFile(t);
  const [server, visitor, other] = [await side('server'), await side('visitor'), await side('visitor')];
  const group = randomGroup();
  const ear = await listen(visitor, group);
  server.publish(head(group, 1));
  other.publish(head(group, 2));
  t.deepEqual(await ear.until(1), [head(group, 2)]);
});
