import test from 'ava';
import { partnersIn } from '../../lib/groups/online.ts';
import { myGroups } from '../../lib/groups/roster.ts';
import { openLobby, userNamed } from '../helpers/fixtures.ts';

test('a list shows who is online for the newest direct messages of two, however many there are', async (t) => {
  const { core, ann } = await openLobby(t);
  const user = await userNamed(core, 'Ann');
  await ann.json('POST', '/direct', { with: [] });
  await ann.json('POST', '/direct', { with: ['Bob'] });
  const mine = await myGroups(core, user, { all: true });
  const bob = await userNamed(core, 'Bob');
  t.deepEqual(partnersIn(mine), [bob.id], 'not for notes to oneself, nor for groups');
  const [direct] = mine.filter(({ face }) => face?.person === bob.id);
  if (!direct?.face) return t.fail();
  const { group, face } = direct;
  const many = Array.from({ length: 60 }, (_, at) => ({
    group: { ...group, head: { ...group.head, at } },
    face: { ...face, person: `p${at}` as typeof bob.id },
  }));
  t.deepEqual(
    partnersIn(many),
    Array.from({ length: 50 }, (_, index) => `p${59 - index}` as typeof bob.id),
  );
  t.deepEqual(partnersIn([{ group: { ...group, archived: true }, face }]), [], 'nor for archived ones');
});
