import { readFileSync } from 'node:fs';
import test from 'ava';

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
/** The cells of the rows of all tables, without their heads. */
const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\|[\s|-]+$/.test(line))
    .map((line) => line.slice(2, -2).split(' | '));
const namesTest = (cell = ''): boolean => /`test\/[\w/-]+\.test\.ts`/.test(cell);

test('docs/security.md: every promise names the test that shows it', (t) => {
  const rows = rowsOf(page('security.md')).filter(([first]) => first !== 'attack');
  t.true(rows.length > 30);
  t.deepEqual(
    rows.filter((row) => row.length !== 4 || !namesTest(row[3])),
    [],
  );
});

test('docs/security-cases.md: the cases 1 to 38, each with its tests', (t) => {
  const [, ...rows] = rowsOf(page('security-cases.md'));
  t.deepEqual(
    rows.map(([number]) => Number(number)),
    Array.from({ length: 38 }, (_, index) => index + 1),
  );
  t.deepEqual(
    rows.filter((row) => row.length !== 4 || !namesTest(row[3])),
    [],
  );
});

/** The sections of OWASP ASVS 5.0.0 with requirements at levels 1 and 2, by chapter. */
const SECTIONS: Readonly<Record<number, readonly number[]>> = {
  1: [1, 2, 3, 4, 5],
  2: [1, 2, 3, 4],
  3: [2, 3, 4, 5, 7],
  4: [1, 2, 3, 4],
  5: [1, 2, 3, 4],
  6: [1, 2, 3, 4, 5, 6, 8],
  7: [1, 2, 3, 4, 5, 6],
  8: [1, 2, 3, 4],
  9: [1, 2],
  10: [1, 2, 3, 4, 5, 6, 7],
  11: [1, 2, 3, 4, 5, 6],
  12: [1, 2, 3],
  13: [1, 2, 3, 4],
  14: [1, 2, 3],
  15: [1, 2, 3],
  16: [1, 2, 3, 4, 5],
  17: [1, 2, 3],
};

test('docs/security-asvs.md: every section of levels 1 and 2 has one row; what is met names a test, what is met in part also says what is not', (t) => {
  const rows = rowsOf(page('security-asvs.md')).filter(([first = '']) => /^\d/.test(first));
  t.deepEqual(
    rows.map(([section = '']) => section.split(' ', 1)[0]),
    Object.entries(SECTIONS).flatMap(([chapter, sections]) => sections.map((section) => `${chapter}.${section}`)),
  );
  const isTold = ([, state, what = '', shownBy]: readonly string[]): boolean => {
    if (state === 'met') return namesTest(shownBy);
    if (state === 'in part') return namesTest(shownBy) && /Not met: |only with/.test(what);
    return state === 'not applicable' && what !== '';
  };
  t.deepEqual(
    rows.filter((row) => row.length !== 4 || !isTold(row)),
    [],
  );
});
