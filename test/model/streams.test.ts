import test from 'ava';
import fc from 'fast-check';
import { checkLog, checkStreams } from './checks.ts';
import { flooding, following, revolving } from './commands.ts';
import { anyWeather, rounds, runs } from './effort.ts';
import { type Played, play } from './scenario.ts';
import { anyTape } from './tape.ts';

const anyKind = fc.constantFrom('file' as const, 'document' as const, 'replicas' as const);
const checkAll = (played: Played): void => {
  checkLog(played);
  checkStreams(played);
};

for (const round of rounds) {
  test.serial(`every stream says every entry after its cursor once and in order${round}`, async (t) => {
    const setting = fc.record({ kind: anyKind, tape: anyTape(4000), weather: anyWeather, turns: following(50) });
    await fc.assert(
      fc.asyncProperty(setting, (one) => play(one, checkAll)),
      runs(150),
    );
    t.pass();
  });

  test.serial(`who was let in hears nothing after leaving, however often they come and go${round}`, async (t) => {
    const setting = fc.record({ kind: anyKind, tape: anyTape(2000), weather: anyWeather, turns: revolving(30) });
    await fc.assert(
      fc.asyncProperty(setting, (one) => play(one, checkAll)),
      runs(150),
    );
    t.pass();
  });

  test.serial(`a reader that is too slow is cut off and goes on where it was${round}`, async (t) => {
    const setting = fc.record({ kind: anyKind, tape: anyTape(1000), weather: anyWeather, turns: flooding(25) });
    await fc.assert(
      fc.asyncProperty(setting, (one) => play(one, checkAll)),
      runs(20),
    );
    t.pass();
  });
}
