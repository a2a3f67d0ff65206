import test from 'ava';
import { checkLog, checkStreams } from './checks.ts';
import { play, type Setting } from './scenario.ts';
import { FAIR } from './world.ts';

/** Minimal runs that violated an invariant in the past: fast-check would find them again only rarely. */
const found: Readonly<Record<string, Setting>> = {
  'who leaves, comes back and leaves again in one batch hears nothing after the first leave': {
    kind: 'file',
    tape: { seed: 19, length: 0 },
    weather: FAIR,
    turns: [
      { command: { do: 'open', user: 4, format: 'json', from: 'start' }, steps: 0 },
      { command: { do: 'crowd', count: 230 }, steps: 0 },
      { command: { do: 'slow', reader: 0, on: true }, steps: 0 },
      { command: { do: 'open', user: 0, format: 'json', from: 'start' }, steps: 0 },
      { command: { do: 'edit', caller: 0, target: 0 }, steps: 14 },
      { command: { do: 'move', process: 0, member: 0, in: false }, steps: 0 },
      { command: { do: 'move', process: 9, member: 0, in: true }, steps: 0 },
      { command: { do: 'break', reader: 3 }, steps: 0 },
      { command: { do: 'react', caller: 0, target: 0, on: false }, steps: 6 },
      { command: { do: 'move', process: 3, member: 0, in: false }, steps: 18 },
      { command: { do: 'move', process: 0, member: 3, in: true }, steps: 16 },
      { command: { do: 'open', user: 0, format: 'json', from: 'now' }, steps: 21 },
      { command: { do: 'open', user: 0, format: 'json', from: 'start' }, steps: 23 },
      { command: { do: 'post', caller: 0, text: 0, key: undefined }, steps: 24 },
    ],
  },
  'a cursor past the end keeps nobody in who has left': {
    kind: 'replicas',
    tape: { seed: 1795152516, length: 0 },
    weather: FAIR,
    turns: [
      { command: { do: 'move', process: 0, member: 0, in: false }, steps: 0 },
      { command: { do: 'move', process: 7, member: 0, in: false }, steps: 0 },
      { command: { do: 'move', process: 0, member: 0, in: true }, steps: 0 },
      { command: { do: 'move', process: 0, member: 0, in: false }, steps: 20 },
      { command: { do: 'open', user: 0, format: 'json', from: 'start' }, steps: 9 },
      { command: { do: 'move', process: 0, member: 0, in: false }, steps: 22 },
      { command: { do: 'move', process: 0, member: 0, in: false }, steps: 4 },
      { command: { do: 'move', process: 0, member: 0, in: true }, steps: 17 },
      { command: { do: 'move', process: 0, member: 0, in: false }, steps: 11 },
      { command: { do: 'open', user: 1, format: 'json', from: 'ahead' }, steps: 18 },
      { command: { do: 'failover', kept: 0, ms: 1 }, steps: 0 },
    ],
  },
};

for (const [title, setting] of Object.entries(found))
  test.serial(title, async (t) => {
    await play(setting, (played) => {
      checkLog(played);
      checkStreams(played);
    });
    t.pass();
  });
