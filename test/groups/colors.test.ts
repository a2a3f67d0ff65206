import test from 'ava';
import { createAccount } from '../../lib/accounts/operations.ts';
import { addMember, createGroup } from '../../lib/groups/operations.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';
import { numbers, openSite } from '../helpers/site.ts';

/** Other members that are looked at, the new one, and one more to know that there are more. */
const MOST_ROWS = 52;

test('colours: who joins reads a bounded part of the membership, however many have joined before', async (t) => {
  const { core, annUser } = await openSite(t);
  const group = await createGroup(core, annUser, { name: 'Everybody' });
  const faults = new Faults();
  const counted = faultyCore(core, faults);
  const { someOf } = core.store.memberships;
  const looked: number[] = [];
  core.store.memberships.someOf = async (...of) => {
    const found = await someOf(...of);
    looked.push(found.length);
    return found;
  };
  const calls: number[] = [];
  for (const n of numbers(1, 70)) {
    const user = await createAccount(core, { name: `Person ${n}`, password: null });
    const before = faults.asked.length;
    await addMember(counted, annUser.id, group, user);
    calls.push(faults.asked.length - before);
  }
  t.is((await core.store.memberships.ofGroup(group.id)).length, 71);
  t.false(faults.asked.includes('ofGroup'));
  t.is(Math.max(...looked), MOST_ROWS);
  t.true(Math.max(...calls.slice(60)) <= Math.max(...calls.slice(0, 10)), 'nor more calls');
  t.true(looked.length >= 70, 'each looked');
});
