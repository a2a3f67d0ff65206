import test from 'ava';
import { Tally, titlePrefixes } from '../helpers/tally.ts';

const FILES = ['test/setup/a.test.ts', 'test/messages/b.test.ts'];

function report(tap: string): { tally: Tally; said: string[] } {
  const said: string[] = [];
  const tally = new Tally(FILES, (text) => said.push(...text.split('\n')));
  for (const line of tap.split('\n')) tally.read(line);
  tally.summary(1.25);
  return { tally, said };
}

test('test runner: counts passed, failed and skipped tests, names a file once, prints failures in full and again at the end', (t) => {
  const { said } = report(`TAP version 13
ok 1 - setup › a › good # really
ok 2 - messages › b › one › two
not ok 3 - setup › a › bad
  ---
    name: AssertionError
    message: it is not
  ...
ok 4 - setup › a › needs it (no Redis here) # SKIP
not ok 5 - setup › a › later # TODO

1..5
# tests 4
# pass 2
# skip 1
# fail 1
`);
  t.deepEqual(said, [
    '▸ test/setup/a.test.ts',
    '▸ test/messages/b.test.ts',
    '  ✘ setup › a › bad',
    '        name: AssertionError',
    '        message: it is not',
    '',
    'Skipped:',
    '  setup › a › needs it (no Redis here)',
    '  setup › a › later (to do)',
    '',
    'Failed:',
    '  setup › a › bad',
    '          name: AssertionError',
    '          message: it is not',
    '',
    '1.3 s',
    '2 passed, 1 failed, 2 skipped',
  ]);
});

test('test runner: a title belongs to the file whose path it begins with', (t) => {
  const said: string[] = [];
  const tally = new Tally(['test/webhooks/cli.test.ts', 'test/cli/users.test.ts', 'test/cli.test.ts'], (text) => said.push(text));
  for (const title of ['cli › users › one', 'cli › two › three', 'webhooks › cli › four']) tally.read(`ok 1 - ${title}`);
  t.deepEqual(said, ['▸ test/cli/users.test.ts', '▸ test/cli.test.ts', '▸ test/webhooks/cli.test.ts']);
});

test('test runner: common folders and a single file are not part of titles', (t) => {
  t.deepEqual(
    [...titlePrefixes(['test/cli/a.test.ts', 'test/cli/b/c.test.ts'])].map(([prefix]) => prefix),
    ['a', 'b › c'],
  );
  t.deepEqual([...titlePrefixes(['test/cli/a.test.ts'])], [['', 'test/cli/a.test.ts']]);
});

test('test runner: a file that does not load is a failure', (t) => {
  const { tally } = report('not ok 1 - Error: at load\n  ---\n    name: Error\n  ...\nok 2 - a › good\n');
  t.deepEqual([tally.passed, tally.failed], [1, 1]);
});

test('test runner: reports when no tests ran', (t) => {
  const { tally, said } = report('TAP version 13\n\n1..0\n');
  t.deepEqual([tally.passed, tally.failed], [0, 0]);
  t.true(said.includes('No test ran.'));
});

test('test runner: an aborted run without a failure has failed', (t) => {
  const { tally, said } = report('ok 1 - one');
  tally.brokeOff(['test/setup/a.test.ts']);
  tally.summary(1);
  t.is(tally.failed, 1);
  t.true(said.includes('  ✘ the run broke off before its end, in test/setup/a.test.ts'));
  t.is(said.at(-1), '1 passed, 1 failed, 0 skipped');
});

test('test runner: results of files that had ended are carried into the next run, those of others are not', (t) => {
  const first = new Tally(FILES, () => {});
  for (const line of ['ok 1 - setup › a › one', 'not ok 2 - setup › a › two', 'not ok 3 - messages › b › three']) first.read(line);
  const said: string[] = [];
  const second = new Tally(
    ['test/messages/b.test.ts'],
    (text) => said.push(...text.split('\n')),
    first.resultsOf(['test/setup/a.test.ts']),
  );
  second.read('ok 1 - three');
  second.summary(1);
  t.deepEqual(said.slice(-5), ['Failed:', '  setup › a › two', '', '1.0 s', '2 passed, 1 failed, 0 skipped']);
});
