import test from 'ava';
import { openLocalBus } from '../../lib/bus/local.ts';
import { busContract, type Opened } from './bus.ts';

busContract(test, async (t): Promise<Opened> => {
  const clock = { now: 1_700_000_000_000 };
  const bus = openLocalBus({ now: () => clock.now });
  t.teardown(() => bus.close());
  return { here: bus, there: bus, clock };
});
