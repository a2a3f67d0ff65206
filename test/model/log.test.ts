import test from 'ava';
import fc from 'fast-check';
import { checkLog } from './checks.ts';
import { crowding, doubting, type Turn, writing } from './commands.ts';
import type { DiskKind } from './disk.ts';
import { anyWeather, rounds, runs } from './effort.ts';
import { play } from './scenario.ts';
import { anyTape } from './tape.ts';
import type { Weather } from './world.ts';

/** Many appends have an unknown result. */
const foul: fc.Arbitrary<Weather> = anyWeather.map((one) => ({ ...one, unanswered: Math.min(one.unanswered, 4), cutAppends: 50 }));
const anyKind = fc.constantFrom<DiskKind>('file', 'document', 'replicas');

function logKeepsItsPromises(kind: fc.Arbitrary<DiskKind>, turns: fc.Arbitrary<Turn[]>, weather: fc.Arbitrary<Weather>, numRuns: number) {
  const setting = fc.record({ kind, tape: anyTape(4000), weather, turns });
  return fc.assert(
    fc.asyncProperty(setting, (one) => play(one, checkLog)),
    runs(numRuns),
  );
}

for (const round of rounds) {
  for (const kind of ['file', 'document', 'replicas'] satisfies DiskKind[])
    test.serial(`a log on ${kind} keeps every promise, whatever the order and whatever is lost${round}`, async (t) => {
      await logKeepsItsPromises(fc.constant(kind), writing(50), anyWeather, 120);
      t.pass();
    });

  test.serial(`so it does where writers fall thousands of entries behind${round}`, async (t) => {
    await logKeepsItsPromises(anyKind, crowding(8), foul, 60);
    t.pass();
  });

  test.serial(`so it does where much is in doubt and rights change all the time${round}`, async (t) => {
    await logKeepsItsPromises(anyKind, doubting(20), foul, 300);
    t.pass();
  });
}
