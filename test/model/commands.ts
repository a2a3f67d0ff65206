import fc from 'fast-check';

/** Index of a user, caller, process, reader or group: any number, modulo their count. */
type Which = number;

/** Commands: actions of users and operators, and faults. */
export type Command =
  | { readonly do: 'post'; readonly caller: Which; readonly key: number | undefined; readonly text: number }
  | { readonly do: 'burst'; readonly caller: Which; readonly count: number }
  | { readonly do: 'react'; readonly caller: Which; readonly target: Which; readonly on: boolean }
  | { readonly do: 'edit' | 'erase' | 'unerase'; readonly caller: Which; readonly target: Which }
  | { readonly do: 'twice'; readonly caller: Which; readonly target: Which; readonly what: 'react' | 'erase' }
  | { readonly do: 'crowd'; readonly count: number }
  | { readonly do: 'bulk'; readonly caller: Which }
  | { readonly do: 'move'; readonly process: Which; readonly member: Which; readonly in: boolean }
  | { readonly do: 'archive'; readonly process: Which; readonly on: boolean }
  | { readonly do: 'clock'; readonly process: Which; readonly ms: number }
  | { readonly do: 'crash' | 'stop'; readonly process: Which }
  | { readonly do: 'bus'; readonly process: Which; readonly how: 'down' | 'frozen' | 'heal' }
  | { readonly do: 'away'; readonly ms: number }
  | { readonly do: 'failover'; readonly kept: number; readonly ms: number }
  | { readonly do: 'open'; readonly user: Which; readonly format: 'json' | 'html'; readonly from: 'start' | 'now' | 'middle' | 'ahead' }
  | { readonly do: 'slow'; readonly reader: Which; readonly on: boolean }
  | { readonly do: 'break'; readonly reader: Which }
  | { readonly do: 'wait'; readonly ms: number };

/** A command, and the number of steps before the next one. */
export type Turn = { readonly command: Command; readonly steps: number };

const which = fc.nat({ max: 11 });
const posted = fc.record({
  do: fc.constant('post' as const),
  caller: which,
  key: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 3 }),
  text: fc.nat({ max: 1 }),
});
const burst = fc.record({ do: fc.constant('burst' as const), caller: which, count: fc.integer({ min: 2, max: 6 }) });
const followed = fc.oneof(
  fc.record({ do: fc.constant('react' as const), caller: which, target: which, on: fc.boolean() }),
  fc.record({ do: fc.constantFrom('edit' as const, 'erase' as const, 'unerase' as const), caller: which, target: which }),
  fc.record({ do: fc.constant('twice' as const), caller: which, target: which, what: fc.constantFrom('react' as const, 'erase' as const) }),
);
/** More entries than a writer reads in one window. */
const many = fc.record({ do: fc.constant('burst' as const), caller: which, count: fc.constantFrom(225, 256, 270) });
/** More entries than one window of a log. */
const crowded = fc.record({ do: fc.constant('crowd' as const), count: fc.constantFrom(20, 21, 199, 200, 201, 230, 410) });
const moved = fc.record({ do: fc.constant('move' as const), process: which, member: which, in: fc.boolean() });
const archived = fc.record({ do: fc.constant('archive' as const), process: which, on: fc.boolean() });
const waited = fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 2500 }) });
const failed = fc.oneof(
  fc.record({ do: fc.constant('clock' as const), process: which, ms: fc.integer({ min: -60_000, max: 60_000 }) }),
  fc.record({ do: fc.constant('crash' as const), process: which }),
  fc.record({ do: fc.constant('stop' as const), process: which }),
  fc.record({ do: fc.constant('away' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
  fc.record({ do: fc.constant('failover' as const), kept: fc.nat({ max: 6 }), ms: fc.integer({ min: 1, max: 1500 }) }),
  fc.record({ do: fc.constant('bus' as const), process: which, how: fc.constantFrom('down' as const, 'frozen' as const, 'heal' as const) }),
);
const from = fc.constantFrom('start' as const, 'now' as const, 'middle' as const, 'ahead' as const);
const read = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      user: which,
      format: fc.constantFrom('json' as const, 'html' as const),
      from,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('slow' as const), reader: which, on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('break' as const), reader: which }) },
);
const bulky = fc.record({ do: fc.constant('bulk' as const), caller: which });

const turns = (command: fc.Arbitrary<Command>, most: number): fc.Arbitrary<Turn[]> =>
  fc.array(fc.record({ command, steps: fc.nat({ max: 25 }) }), { minLength: 1, maxLength: most, size: 'max' });

/** For the log: many writers, no readers. */
export const writing = (most: number): fc.Arbitrary<Turn[]> =>
  turns(
    fc.oneof(
      { weight: 40, arbitrary: posted },
      { weight: 12, arbitrary: burst },
      { weight: 1, arbitrary: crowded },
      { weight: 20, arbitrary: followed },
      { weight: 12, arbitrary: moved },
      { weight: 4, arbitrary: archived },
      { weight: 8, arbitrary: failed },
      { weight: 4, arbitrary: waited },
    ),
    most,
  );

/** For writers that are thousands of entries behind: other processes append many entries at once. */
export const crowding = (most: number): fc.Arbitrary<Turn[]> => turns(fc.oneof(posted, burst, many, moved, crowded, crowded), most);

/** For appends with an unknown result: rules are evaluated at each attempt while memberships change. */
export const doubting = (most: number): fc.Arbitrary<Turn[]> =>
  turns(fc.oneof({ weight: 4, arbitrary: followed }, { weight: 2, arbitrary: moved }, { weight: 1, arbitrary: posted }), most);

/** For the streams: readers connect and disconnect while others write. */
export const following = (most: number): fc.Arbitrary<Turn[]> =>
  turns(
    fc.oneof(
      { weight: 32, arbitrary: posted },
      { weight: 8, arbitrary: burst },
      { weight: 1, arbitrary: crowded },
      { weight: 8, arbitrary: followed },
      { weight: 8, arbitrary: moved },
      { weight: 8, arbitrary: failed },
      { weight: 24, arbitrary: read },
      { weight: 4, arbitrary: waited },
    ),
    most,
  );

/** For members who are removed and added again: they read while others write. */
export const revolving = (most: number): fc.Arbitrary<Turn[]> =>
  turns(
    fc.oneof(
      { weight: 6, arbitrary: moved },
      { weight: 3, arbitrary: read },
      { weight: 1, arbitrary: posted },
      { weight: 1, arbitrary: failed },
    ),
    most,
  );

/** For slow readers: many large messages. */
export const flooding = (most: number): fc.Arbitrary<Turn[]> =>
  turns(
    fc.oneof(
      { weight: 16, arbitrary: bulky },
      { weight: 12, arbitrary: posted },
      { weight: 16, arbitrary: read },
      { weight: 4, arbitrary: waited },
    ),
    most,
  );
