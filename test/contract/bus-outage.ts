import { isDeepStrictEqual } from 'node:util';
import type { ExecutionContext } from 'ava';
import type { Bus } from '../../lib/bus/port.ts';
import { openRedisBus } from '../../lib/bus/redis.ts';
import { present, type Register, redisService, type ServiceOptions } from '../helpers/services.ts';
import { head, listen, type Opened, randomGroup, SECRETS } from './bus.ts';

/** Opens the bus twice, as two processes would. */
export const opener =
  (url: string) =>
  async (t: ExecutionContext): Promise<Opened> => {
    const clock = { now: 1_700_000_000_000 };
    const open = () => openRedisBus({ url, now: () => clock.now, secrets: SECRETS });
    const [here, there] = await Promise.all([open(), open()]);
    t.teardown(async () => void (await Promise.all([here.close(), there.close()])));
    await Promise.all([here, there].map((bus) => bus.isUp() || nextGap(bus))); // opening waits at most 2 s, which a busy machine may need
    return { here, there, clock };
  };

export const nextGap = (bus: Bus): Promise<void> =>
  new Promise((resolve) => {
    const stop = bus.onGap(() => {
      stop();
      resolve();
    });
  });

/** Registers the tests of a server that is killed and restarted. */
export function killed(test: Register<unknown>, kind: string, options: ServiceOptions): void {
  test(`${kind}: killed and started again, it may lose events but no subscription, and announces the gap`, async (t) => {
    const own = present(await redisService(options));
    t.teardown(own.stop);
    const { here, there } = await opener(own.url)(t);
    const [before, during] = [randomGroup(), randomGroup()];
    const ear = await listen(there, before);
    here.publish(head(before, 1));
    await ear.until(1);

    await own.kill('SIGKILL');
    await t.throwsAsync(there.ping());
    t.false(there.isUp());
    t.notThrows(() => here.publish(head(before, 2)));
    const late = await listen(there, during);
    t.deepEqual(await there.presence.list(before), new Set());

    const gaps = Promise.all([nextGap(here), nextGap(there)]);
    await own.restart();
    await gaps;
    t.deepEqual([here.isUp(), there.isUp()], [true, true]);
    here.publish(head(before, 3));
    here.publish(head(during, 1));
    await ear.untilHead(3);
    const whatWaited = head(before, 2); // a connection that has not failed yet may keep the command for its successor
    t.deepEqual(
      ear.events.filter((event) => !isDeepStrictEqual(event, whatWaited)),
      [head(before, 1), head(before, 3)],
    );
    t.deepEqual(await late.until(1), [head(during, 1)]);
  });
}
